import type { ConfiguredStream } from '../../airbyte/catalog.ts'
import { OPEN_OBJECT, type Span } from '../../intercom/text/json-text.ts'
import { type KeyNames, keyNames } from '../../intercom/text/key-names.ts'
import { listItems, memberSpan } from '../../intercom/text/list-items.ts'
import { scanRecord } from '../../intercom/text/record-scanner.ts'
import { bytesOf, type MemberType, recordText } from '../../intercom/text/record-text.ts'
import type { DerivedList, DerivedTraits } from '../../streams/entries/derived-traits.ts'
import type { StreamEntry } from '../../streams/table.ts'
import { addMembers, idText, type MemberText, membersText, PARENT_UPDATED_AT } from '../completion/child-text.ts'
import { memberTypes } from '../contract/member-types.ts'

/** Added to the rows that have no id of their own. */
const POSITION = 'position'

/** A record as it is delivered, with complete lists. */
export interface RowOwner {
  /** Intercom's id of the record. */
  id: string
  text: Buffer
  /** When the record that the walk has found was updated, Unix seconds. */
  updatedAt: number | undefined
  /** Members that the record itself has got, because it is a child: its rows get them, too. @defaultValue none */
  ofParent?: readonly MemberText[]
}

/** How the rows of a stream are written. */
export interface RowForm {
  derived: DerivedTraits
  /** The types of members that rows have themselves. */
  types: readonly (readonly [name: string, MemberType])[]
  /** The types of members that are ids of the record and of its parent. */
  parentIdTypes: ReadonlyMap<string, MemberType>
  /** The members of a row that may have to change, or that nothing is put beside. */
  looked: KeyNames
}

/** The form of a stream's rows; undefined for a stream of records. @param source whose records hold them */
export function rowForm(
  { derived, idMembers }: StreamEntry,
  source: StreamEntry,
  configured: ConfiguredStream,
): RowForm | undefined {
  if (!derived) return undefined
  const { parentKey, copied = [], lists } = derived
  const parentIds = [parentKey, source.child?.parentIdMember].filter((name) => name !== undefined)
  const ofLists = lists.flatMap(({ added }) => added?.name ?? [])
  return {
    derived,
    types: [...memberTypes({ idMembers }, configured)],
    parentIdTypes: memberTypes({ idMembers: parentIds }, configured),
    looked: keyNames([...new Set([...idMembers, ...parentIds, ...copied, ...ofLists, POSITION, PARENT_UPDATED_AT])]),
  }
}

/** The rows inside a record, as they go into messages. */
export function derivedRows(form: RowForm, owner: RowOwner): Buffer[] {
  const keys = keyMembers(form, owner)
  return form.derived.lists.flatMap((list) =>
    listItems(owner.text, 0, list.path).flatMap((item, position) => {
      const text = itemText(form.derived, owner.text, item)
      if (!text) return []
      const own = form.derived.byPosition ? [[POSITION, String(position)] as const] : []
      return rowText(form, text, [...keys, ...own, ...parentTimes(owner), ...listMembers(list)])
    }),
  )
}

/** How many rows a record holds, as it stands. */
export function countRows(derived: DerivedTraits, text: Buffer): number {
  const items = derived.lists.flatMap(({ path }) => listItems(text, 0, path))
  return items.filter((item) => itemText(derived, text, item) !== undefined).length
}

/** The members by which a row is told to belong to its record. */
function keyMembers({ derived, parentIdTypes }: RowForm, { id, text }: RowOwner): MemberText[] {
  const { parentKey, copied = [] } = derived
  const own: MemberText[] = parentKey === undefined ? [] : [[parentKey, idText(id, parentIdTypes.get(parentKey))]]
  const others = copied.flatMap((name): MemberText[] => {
    const span = memberSpan(text, 0, name)
    return span ? [[name, text.toString('utf8', span.start, span.end)]] : []
  })
  return [...own, ...others]
}

function listMembers({ added }: DerivedList): MemberText[] {
  return added ? [[added.name, JSON.stringify(added.value)]] : []
}

/** The record's own parent, if it is a child, and the time. */
function parentTimes({ updatedAt, ofParent = [] }: RowOwner): MemberText[] {
  return updatedAt === undefined ? [...ofParent] : [...ofParent, [PARENT_UPDATED_AT, String(updatedAt)]]
}

/** An item as an object; undefined for what is no row. */
function itemText({ valueMember }: DerivedTraits, text: Buffer, { start, end }: Span): Buffer | undefined {
  if (text[start] === OPEN_OBJECT) return text.subarray(start, end)
  const value = text.toString('utf8', start, end)
  return valueMember === undefined || value === 'null' ? undefined : Buffer.from(`{"${valueMember}":${value}}`)
}

function rowText({ types, looked }: RowForm, text: Buffer, added: readonly MemberText[]): Buffer {
  const record = scanRecord(text, 0, looked)
  return addMembers(bytesOf(recordText({ body: text }, record, types)), membersText(added, record))
}
