/** What newer browsers tell and take about the text of a number. */
interface ExactJson {
  parse(text: string, reviver: (key: string, value: unknown, context?: { source?: string }) => unknown): unknown
  rawJSON?(text: string): unknown
}

const json: ExactJson = JSON

/** Parses JSON so that printing it again keeps every digit, where the browser can do that. */
export function parseExactly(text: string): unknown {
  return json.parse(text, (_key, value, context) => {
    const isChanged = typeof value === 'number' && context?.source !== undefined && String(value) !== context.source
    return isChanged && json.rawJSON ? json.rawJSON(context.source ?? '') : value
  })
}

/** On several lines, for people. */
export function printExactly(value: unknown): string {
  return JSON.stringify(value, null, 2)
}
