import { MemberSpans } from '../../intercom/text/member-spans.ts'
import type { ScannedAnswer, ScannedRecord } from '../../intercom/text/record-scanner.ts'
import type { MemberType } from '../../intercom/text/record-text.ts'
import type { StreamEntry } from '../../streams/table.ts'
import type { Row } from '../pages/search-pages.ts'

/** Added to every child, beside the parent's id. */
export const PARENT_UPDATED_AT = 'parent_updated_at'

/** An answer as one record, for hashing it whole. */
export function wholeAnswer(answer: ScannedAnswer): ScannedRecord {
  const marks = { longDigits: false, surrogateEscape: false, lineBreak: false }
  return { start: 0, end: answer.body.length, members: new MemberSpans([]), ...marks }
}

/**
 * The members that identify a child's parent, as they are written right after the opening brace. If the child has such
 * a member itself, its own stays.
 */
export function parentMembers(
  entry: StreamEntry,
  parent: Pick<Row, 'id' | 'updatedAt'>,
  record: ScannedRecord,
  types: ReadonlyMap<string, MemberType>,
): string {
  const members = parentIdMembers(entry, parent, types)
  if (entry.child && parent.updatedAt !== undefined) members.push([PARENT_UPDATED_AT, String(parent.updatedAt)])
  return membersText(members, record)
}

/** The member that names the parent of a child. */
export function parentIdMembers(
  { child }: Pick<StreamEntry, 'child'>,
  { id }: Pick<Row, 'id'>,
  types: ReadonlyMap<string, MemberType>,
): MemberText[] {
  return child ? [[child.parentIdMember, idText(id, types.get(child.parentIdMember))]] : []
}

/** A member's name, and its value as JSON. */
export type MemberText = readonly [name: string, value: string]

/** An id as JSON, in the type that the catalog declares where nothing is lost. */
export function idText(id: string, type: MemberType | undefined): string {
  return type === 'integer' && /^(?:0|[1-9][0-9]*)$/.test(id) ? id : JSON.stringify(id)
}

/** Members as they are written inside an object, without those that the record has itself. */
export function membersText(members: readonly MemberText[], record: ScannedRecord): string {
  return members
    .filter(([name]) => !record.members.has(name))
    .map(([name, value]) => `"${name}":${value}`)
    .join()
}

/** A record's text with members put in after its opening brace. */
export function addMembers(text: Buffer, members: string): Buffer {
  if (members === '') return text
  const isEmpty = /^\{\s*\}$/.test(text.toString('latin1', 0, 16)) && text.length <= 16
  return Buffer.concat([Buffer.from(`{${members}${isEmpty ? '' : ','}`), text.subarray(1)])
}
