import { rowsInside } from '../records/rows-inside.ts'
import { findSpan } from './json-spans.ts'

/** The members that a sync adds right after the opening brace of a record that belongs to a parent. */
const addedNames = [
  ...new Set([
    ...['article_id', 'company_id', 'contact_id', 'conversation_id', 'segment_id', 'ticket_id'],
    ...Object.values(rowsInside).flatMap(({ members }) => members),
  ]),
  'position',
  'parent_updated_at',
]

/** A member's name and value at the start of an object, with the comma after it. */
const firstMember = /^\{"([a-z_]+)":("[^"\\]*"|-?\d+|null)(,|(?=\}))/

/** The text of a record as Intercom gave it, and the members added to it. */
export interface OriginalText {
  text: string
  /** JSON texts of the values by name, in any order. */
  added: Readonly<Record<string, string>>
}

/** Removes the added members, if there are any, from the start of a record. */
export function withoutAddedMembers(line: Buffer): OriginalText {
  const span = findSpan(line, 'record', 'data')
  let text = span === undefined ? '' : line.toString('utf8', span.start, span.end)
  const added: Record<string, string> = {}
  for (;;) {
    const [whole, name, value] = firstMember.exec(text) ?? []
    const isAdded = name !== undefined && addedNames.includes(name) && !Object.hasOwn(added, name)
    if (whole === undefined || value === undefined || !isAdded) return { text, added }
    added[name] = value
    text = `{${text.slice(whole.length)}`
  }
}
