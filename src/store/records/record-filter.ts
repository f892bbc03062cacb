import { newMarks, type Span, skipValue } from '../../intercom/text/json-text.ts'
import { walkMembers } from '../../intercom/text/json-walk.ts'
import { keyNames } from '../../intercom/text/key-names.ts'

/** Whether a record is wanted, by its text. */
export type RecordFilter = (lines: Buffer, data: Span) => boolean

/**
 * Compares members of a record with values, as text: an id may be written as a number or as a string, and may have more
 * digits than a number holds.
 *
 * @param names members of the record, none twice
 * @param values as many
 */
export function membersEqual(names: readonly string[], values: readonly string[]): RecordFilter {
  const keys = keyNames(names)
  return (lines, { start }) => {
    const matches = names.map(() => false)
    const marks = newMarks()
    walkMembers(lines, start, marks, (key, valueStart) => {
      const place = keys.placeOf(lines, key.start, key.end, marks.escapes > 0)
      const end = skipValue(lines, valueStart, marks)
      marks.escapes = 0
      // When a key is repeated, the last one counts, as in `JSON.parse`.
      if (place !== -1) matches[place] = textOf(lines, { start: valueStart, end }) === values[place]
      return end
    })
    return matches.every(Boolean)
  }
}

function textOf(lines: Buffer, { start, end }: Span): string {
  const text = lines.toString('utf8', start, end)
  return text.startsWith('"') ? String(JSON.parse(text)) : text
}
