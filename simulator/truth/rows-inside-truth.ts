import { comparableHash } from '../oracle/comparable-text.ts'
import { rulesOf } from '../oracle/stream-rules.ts'
import { type ContactList, contactListItems, contactListNames } from '../records/contact-lists.ts'
import { deliveredText, retypedId } from '../records/delivered-text.ts'
import type { RecordVersion } from '../records/record-version.ts'
import { type Data, findRowsInside, insideKey, type RowsInside } from '../records/rows-inside.ts'
import type { Workspace } from '../workspace/workspace.ts'
import type { TruthLine, TruthOptions } from './truth.ts'

/** A version of a record that holds rows. */
interface Holder extends Pick<TruthLine, 'updatedAt' | 'visibleFrom' | 'visibleUntil' | 'optional'> {
  id: string
  record: Data
  /** Whether a sync may do without a row. */
  mayLack?: (key: string) => boolean
}

/** Every row of every version of the records that hold it. */
export function* rowsInsideTruth(
  workspace: Workspace,
  stream: string,
  { version = '2.16' }: TruthOptions,
): Generator<TruthLine> {
  const rows = findRowsInside(stream)
  if (rows === undefined) return
  const rules = rulesOf(stream)
  for (const { id: parentId, record, mayLack, ...line } of holdersOf(workspace, rows, version)) {
    for (const row of rows.rows(record)) {
      const id = insideKey(parentId, rows, row)
      const sha256 = comparableHash(deliveredText(JSON.stringify(row.data), retypedId), rules)
      yield { stream, id, sha256, parentId, ...line, ...(mayLack?.(id) && { optional: true }) }
    }
  }
}

function* holdersOf(workspace: Workspace, rows: RowsInside, version: string): Generator<Holder> {
  for (const held of workspace.collection(rows.holder).log) {
    if (!held.isListed) continue
    const { plan, visibleFrom, visibleUntil } = held
    const optional = held.isOptional ? { optional: true as const } : {}
    const line = { id: plan.id, updatedAt: plan.updatedAt, visibleFrom, visibleUntil, ...optional }
    const record = JSON.parse(held.textIn(version).toString()) as Data
    if (rows.holder === 'contacts') yield { ...line, ...withWholeLists(workspace, rows, held, record) }
    else yield { ...line, record }
  }
}

/**
 * A contact shows ten items of a list. The others are read after it: by then it may have changed, or be deleted. So a row
 * that a later revision does not have may be missing, and so may all that were not shown, once the contact is deleted.
 */
function withWholeLists(
  workspace: Workspace,
  rows: RowsInside,
  { plan }: RecordVersion,
  shown: Data,
): Pick<Holder, 'record' | 'mayLack'> {
  const cut = contactListNames.filter((name) => (shown[name] as { has_more?: boolean } | undefined)?.has_more)
  if (cut.length === 0) return { record: shown }
  const contacts = workspace.collection('contacts')
  const latest = contacts.lastRevision(plan.id) ?? plan.revision
  const keysOf = (record: Data) => new Set(rows.rows(record).map((row) => insideKey(plan.id, rows, row)))
  const wholeIn = (revision: number): Data => {
    const items = (name: ContactList) => contactListItems(name, { index: plan.index, revision }, workspace.setting)
    return { ...shown, ...Object.fromEntries(cut.map((name) => [name, { data: items(name) }])) }
  }
  const read = Array.from({ length: latest - plan.revision + 1 }, (_, later) => wholeIn(plan.revision + later))
  if (contacts.find(plan.id) === undefined) read.push(shown)
  const possible = read.map(keysOf)
  return { record: wholeIn(plan.revision), mayLack: (key) => possible.some((keys) => !keys.has(key)) }
}
