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
  rows: Hashes
  /** Those of other contents with which a sync may have read the record. @defaultValue none */
  others?: readonly Hashes[]
}

/** The hash of each row of a record, by its key. */
type Hashes = ReadonlyMap<string, string>

/** Every row of every version of the records that hold it. */
export function* rowsInsideTruth(
  workspace: Workspace,
  stream: string,
  { version = '2.16' }: TruthOptions,
): Generator<TruthLine> {
  const rows = findRowsInside(stream)
  if (rows === undefined) return
  for (const { id: parentId, rows: hashes, others = [], optional, ...line } of holdersOf(
    workspace,
    stream,
    rows,
    version,
  ))
    for (const [id, sha256] of hashes) {
      const or = others.flatMap((other) => other.get(id) ?? [])
      const isOptional = optional || or.length < others.length
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

function* holdersOf(workspace: Workspace, stream: string, rows: RowsInside, version: string): Generator<Holder> {
  const hashes: HashesOf = (record, name = '', dataOf = parsedIn(version)) =>
    remembered(record, `${stream} ${version} ${name}`, () => {
      const { id } = record.plan
      return new Map(rows.rows(dataOf(record)).map((row) => [insideKey(id, rows, row), hashOf(stream, rows, row)]))
    })
  const plain = (record: RecordVersion) => hashes(record)
  for (const holder of rows.holders)
    if (holder === 'conversation_parts') {
      for (const { part, parent, shared } of partsOfConversations(workspace))
        yield { id: part.plan.id, updatedAt: parent.plan.updatedAt, ...heldTime(shared, parent), rows: plain(part) }
    } else if (holder === 'ticket_parts') {
      for (const { part, ticket, others, optional } of partsOfTickets(workspace)) {
        const line = { id: part.plan.id, ...timesOf(ticket), rows: plain(part) }
        yield { ...line, others: others.map(plain), ...(optional && { optional }) }
      }
    } else {
      for (const held of workspace.collection(holder).log) {
        if (!held.isListed) continue
        const contents =
          holder === 'contacts'
            ? withWholeLists(workspace, held, version, hashes)
            : { rows: plain(held), others: versionsAsGood(held).map(plain) }
        yield { id: held.plan.id, ...timesOf(held), ...contents, ...(held.isOptional && { optional: true }) }
      }
    }
}

/** The hashes of a record's rows. @param name of the contents, when they are others than the record's text has */
type HashesOf = (record: RecordVersion, name?: string, dataOf?: (record: RecordVersion) => Data) => Hashes

/** By record and name of its contents. The truth is asked for after every sync, and most records are as they were. */
const known = new WeakMap<RecordVersion, Map<string, Hashes>>()

function remembered(record: RecordVersion, name: string, compute: () => Hashes): Hashes {
  const ofRecord = known.get(record) ?? new Map<string, Hashes>()
  known.set(record, ofRecord)
  const hashes = ofRecord.get(name) ?? compute()
  ofRecord.set(name, hashes)
  return hashes
}

const parsedIn =
  (version: string) =>
  (record: RecordVersion): Data =>
    JSON.parse(record.textIn(version).toString()) as Data

const hashOf = (stream: string, { retyped = retypedId }: RowsInside, { data }: InsideRow): string =>
  comparableHash(deliveredText(JSON.stringify(data), retyped), rulesOf(stream))

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
function withWholeLists(
  workspace: Workspace,
  record: RecordVersion,
  version: string,
  hashes: HashesOf,
): Pick<Holder, 'rows' | 'others'> {
  const shownIn = parsedIn(version)
  const cut = record
    .digest(`cut lists in ${version}`, () => {
      const shown = shownIn(record)
      const isCut = (name: string) => (shown[name] as { has_more?: boolean } | undefined)?.has_more
      return contactListNames.filter(isCut).join(' ')
    })
    .split(' ')
    .filter((name): name is ContactList => name !== '')
  if (cut.length === 0) return { rows: hashes(record) }
  const { plan } = record
  const contacts = workspace.collection('contacts')
  const latest = contacts.lastRevision(plan.id) ?? plan.revision
  const wholeIn = (revision: number): Hashes =>
    hashes(record, `whole ${revision}`, () => {
      const items = (name: ContactList) => contactListItems(name, { index: plan.index, revision }, workspace.setting)
      return { ...shownIn(record), ...Object.fromEntries(cut.map((name) => [name, { data: items(name) }])) }
    })
  const later = Array.from({ length: latest - plan.revision }, (_, place) => wholeIn(plan.revision + place + 1))
  if (contacts.find(plan.id) === undefined) later.push(hashes(record))
  return { rows: wholeIn(plan.revision), others: later }
}
