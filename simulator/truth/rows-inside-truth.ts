import { comparableHash } from '../oracle/comparable-text.ts'
import { rulesOf } from '../oracle/stream-rules.ts'
import { type ContactList, contactListItems, contactListNames } from '../records/contact-lists.ts'
import { deliveredText, retypedId } from '../records/delivered-text.ts'
import type { RecordVersion } from '../records/record-version.ts'
import { type Data, findRowsInside, type InsideRow, insideKey, type RowsInside } from '../records/rows-inside.ts'
import type { Workspace } from '../workspace/workspace.ts'
import { partsOfConversations, type Visibility } from './child-truth.ts'
import { partsOfTickets, versionsAsGood } from './ticket-truth.ts'
import type { TruthLine, TruthOptions } from './truth.ts'

/** A version of a record that holds rows. */
interface Holder extends Pick<TruthLine, 'updatedAt' | 'visibleFrom' | 'visibleUntil' | 'optional' | 'unseen'> {
  id: string
  record: Data
  /** Other contents with which a sync may have read the record. @defaultValue none */
  others?: readonly Data[]
}

/** Every row of every version of the records that hold it. */
export function* rowsInsideTruth(
  workspace: Workspace,
  stream: string,
  { version = '2.16' }: TruthOptions,
): Generator<TruthLine> {
  const rows = findRowsInside(stream)
  if (rows === undefined) return
  const hashOf = ({ data }: InsideRow) =>
    comparableHash(deliveredText(JSON.stringify(data), rows.retyped ?? retypedId), rulesOf(stream))
  for (const { id: parentId, record, others = [], optional, ...line } of holdersOf(workspace, rows, version)) {
    const textsOf = (data: Data) => new Map(rows.rows(data).map((row) => [insideKey(parentId, rows, row), hashOf(row)]))
    const texts = others.map(textsOf)
    for (const [id, sha256] of textsOf(record)) {
      const or = texts.flatMap((other) => other.get(id) ?? [])
      const isOptional = optional || or.length < texts.length
      yield {
        stream,
        id,
        sha256,
        ...(or.length > 0 && { or }),
        parentId,
        ...line,
        ...(isOptional && { optional: true }),
      }
    }
  }
}

function* holdersOf(workspace: Workspace, rows: RowsInside, version: string): Generator<Holder> {
  const dataOf = (record: RecordVersion) => JSON.parse(record.textIn(version).toString()) as Data
  for (const holder of rows.holders)
    if (holder === 'conversation_parts') {
      for (const { part, parent, shared } of partsOfConversations(workspace))
        yield { id: part.plan.id, updatedAt: parent.plan.updatedAt, ...heldTime(shared, parent), record: dataOf(part) }
    } else if (holder === 'ticket_parts') {
      for (const { part, ticket, others, optional } of partsOfTickets(workspace)) {
        const line = { id: part.plan.id, ...timesOf(ticket), record: dataOf(part) }
        yield { ...line, others: others.map(dataOf), ...(optional && { optional }) }
      }
    } else {
      for (const held of workspace.collection(holder).log) {
        if (!held.isListed) continue
        const line = { id: held.plan.id, ...timesOf(held) }
        const contents =
          holder === 'contacts'
            ? withWholeLists(workspace, held, dataOf(held))
            : { record: dataOf(held), others: versionsAsGood(held).map(dataOf) }
        yield { ...line, ...contents, ...(held.isOptional && { optional: true }) }
      }
    }
}

/** A conversation that has changed shows its parts as they are by then, whatever the search finds it by. */
function heldTime({ visibleFrom, visibleUntil }: Visibility, { endedAt }: RecordVersion): Visibility {
  if (endedAt === null || (visibleUntil !== null && visibleUntil <= endedAt)) return { visibleFrom, visibleUntil }
  return { visibleFrom, visibleUntil: Math.max(visibleFrom, endedAt) }
}

/** The search may find a record by what it was, but it shows what the record holds by then. */
function timesOf({ plan, visibleFrom, visibleUntil, endedAt, isUnseen }: RecordVersion) {
  const times = { updatedAt: plan.updatedAt, visibleFrom, visibleUntil: endedAt ?? visibleUntil }
  return { ...times, ...(isUnseen && { unseen: true as const }) }
}

/**
 * A contact shows ten items of a list. The others are read after it: by then it may have changed, or be deleted. So its
 * lists may be those of a later revision, and those of a deleted contact may stay cut.
 */
function withWholeLists(workspace: Workspace, { plan }: RecordVersion, shown: Data): Pick<Holder, 'record' | 'others'> {
  const cut = contactListNames.filter((name) => (shown[name] as { has_more?: boolean } | undefined)?.has_more)
  if (cut.length === 0) return { record: shown }
  const contacts = workspace.collection('contacts')
  const latest = contacts.lastRevision(plan.id) ?? plan.revision
  const wholeIn = (revision: number): Data => {
    const items = (name: ContactList) => contactListItems(name, { index: plan.index, revision }, workspace.setting)
    return { ...shown, ...Object.fromEntries(cut.map((name) => [name, { data: items(name) }])) }
  }
  const later = Array.from({ length: latest - plan.revision }, (_, place) => wholeIn(plan.revision + place + 1))
  if (contacts.find(plan.id) === undefined) later.push(shown)
  return { record: wholeIn(plan.revision), others: later }
}
