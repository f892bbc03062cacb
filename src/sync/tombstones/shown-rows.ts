import { keyNames } from '../../intercom/text/key-names.ts'
import { listItems, memberSpan } from '../../intercom/text/list-items.ts'
import { scanRecord } from '../../intercom/text/record-scanner.ts'
import { retyped } from '../../intercom/text/record-text.ts'
import type { StreamEntry } from '../../streams/table.ts'
import { idText } from '../completion/child-text.ts'
import { memberTypes } from '../contract/member-types.ts'
import type { SelectedStream } from '../contract/walk.ts'
import { derivedRows, type RowOwner, rowForm } from '../streams/derived-rows.ts'

/** A row of another stream that a record shows: its key, as members are written inside an object. */
type ShownRow = [streamName: string, key: string]

/** Finds these rows in the text of a record. */
export type ShownRows = (owner: Pick<RowOwner, 'id' | 'text'>) => ShownRow[]

/**
 * What records of a root show of the other streams of its walk: the rows inside them, and the children that they list
 * with an id. Only rows whose key names the record: the others may still be another record's.
 */
export function createShownRows(root: StreamEntry, streams: readonly SelectedStream[]): ShownRows {
  const finders = streams
    .filter(({ entry, configured }) => entry.tombstones && configured.sync_mode === 'incremental')
    .flatMap((stream) => rowFinder(root, stream) ?? childFinder(root, stream) ?? [])
  return (owner) => finders.flatMap((find) => find(owner))
}

function rowFinder(root: StreamEntry, { entry, configured }: SelectedStream): ShownRows | undefined {
  const { name, primaryKey, derived } = entry
  const form = derived?.from.includes(root.name) ? rowForm(entry, root, configured) : undefined
  if (!form) return undefined
  const members = primaryKey.flat()
  const looked = keyNames(members)
  const keyOf = (row: Buffer): string => {
    const record = scanRecord(row, 0, looked)
    return members
      .flatMap((member) => {
        const span = record.members.get(member)
        return span ? [`"${member}":${row.toString('utf8', span.start, span.end)}`] : []
      })
      .join()
  }
  return (owner) => derivedRows(form, { ...owner, updatedAt: undefined }).map((row) => [name, keyOf(row)])
}

function childFinder(root: StreamEntry, { entry, configured }: SelectedStream): ShownRows | undefined {
  const { child, name } = entry
  if (child?.parent !== root.name || !child.named) return undefined
  const { named, parentIdMember } = child
  const types = memberTypes({ idMembers: ['id', parentIdMember] }, configured)
  return ({ id, text }) =>
    listItems(text, 0, named).flatMap((item): ShownRow[] => {
      const span = memberSpan(text, item.start, 'id')
      if (!span) return []
      const own = text.toString('utf8', span.start, span.end)
      const type = types.get('id')
      const parentId = idText(id, types.get(parentIdMember))
      return [[name, `"${parentIdMember}":${parentId},"id":${(type && retyped(own, type)) ?? own}`]]
    })
}
