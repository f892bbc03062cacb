import type { Answer } from '../serving/answer.ts'

const comma = Buffer.from(',')

/** Texts separated by commas. */
export function joined(texts: Iterable<Buffer>): Buffer[] {
  const parts: Buffer[] = []
  for (const text of texts) parts.push(text, comma)
  parts.pop()
  return parts
}

/** A list whose records keep their own bytes. @param rest members after the records, as JSON text */
export function listAnswer(head: string, texts: readonly Buffer[], rest = ''): Answer {
  const body = Buffer.concat([Buffer.from(`{${head}:[`), ...joined(texts), Buffer.from(`]${rest}}`)])
  return { status: 200, body, records: texts.length }
}
