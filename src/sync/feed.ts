import { type SourceConfig, startSeconds } from '../airbyte/source-config.ts'
import { withoutUrlQueries } from '../intercom/content-hash.ts'
import type { ScannedAnswer } from '../intercom/record-scanner.ts'
import { recordText, type TextEdit } from '../intercom/record-text.ts'
import type { StreamEntry } from '../streams/table.ts'
import { addMembers, type Children, parentMembers, wholeAnswer } from './children.ts'
import { createOverlap, type Overlap, type OverlapJson } from './overlap.ts'
import type { Row } from './search-pages.ts'
import { creditedCursor, isComplete, readSearchState, type SearchState } from './search-state.ts'
import { truncatedField } from './truncation.ts'
import { idTypes, type LogEntry, type SelectedStream, type Sink, type WalkContext } from './walk.ts'

const DAY_SECONDS = 86_400

/** A record that a walk has found, with its children where they were asked for. */
export interface Found {
  answer: ScannedAnswer
  row: Row
  children: Children | undefined
  /** What makes the record's cut lists whole. */
  lists?: readonly TextEdit[] | undefined
}

/**
 * A stream that a walk feeds. Streams that share a walk share its requests and nothing else: each has its own lower
 * bound, its own overlap with the last sync and its own state.
 */
export interface Feed {
  readonly entry: StreamEntry
  readonly incremental: boolean
  /** The stream's state from the request, as it came. */
  readonly given: Record<string, unknown> | undefined
  /** The full refresh was finished by an earlier job: nothing is left to do. */
  readonly finishedBefore: boolean
  /** What the last sync left; undefined for a stream that begins anew. */
  readonly previous: SearchState | undefined
  /** Only what was updated at or after this is the stream's; of a child stream, its parents. Unix seconds. */
  readonly lower: number
  readonly notes: readonly LogEntry[]
  /** Called once the walk knows its start (Unix seconds), before anything is delivered. */
  begin(frozen: number, json?: OverlapJson): void
  /** Whether the children of a parent have to be asked for. */
  wantsChildren(row: Row): boolean
  /** Whether the record's cut lists have to be made whole: not when nothing will be delivered. */
  wantsLists(answer: ScannedAnswer, row: Row): boolean
  deliver(found: Found, sink: Sink): void
  overlap(): Overlap
}

/** What a walk with feeds is made from. */
export interface FedWalkOptions extends WalkContext {
  /** The stream whose search or list finds the records. */
  root: StreamEntry
  /** The root's own stream, its child stream, or both. */
  feeds: readonly Feed[]
  /** What `position()` gave when the last durable commit was made. */
  position: Record<string, unknown> | undefined
}

export function createFeed(
  { entry, configured, state }: SelectedStream,
  { config, client, fingerprints }: Pick<WalkContext, 'config' | 'client' | 'fingerprints'>,
): Feed {
  const incremental = entry.cursor !== undefined && configured.sync_mode === 'incremental'
  const notes: LogEntry[] = []
  const previous = usableState(entry.name, state && readSearchState(state), incremental, notes)
  const lower = lowerBound(entry.name, config, previous, client.serverSeconds() ?? 0, notes)
  const types = idTypes(entry.idMembers, configured)
  const parentIdTypes = idTypes(entry.child ? [entry.child.parentIdMember] : [], configured)
  let overlap: Overlap | undefined

  const begun = (): Overlap => {
    if (!overlap) throw new Error(`${entry.name} has not begun`)
    return overlap
  }
  const isOwn = ({ updatedAt }: Row) => updatedAt === undefined || updatedAt >= lower
  /** Adds a text to what the log holds. Signed anew or not, the same attachment makes the same record. */
  const isInLog = (text: Buffer) => !fingerprints.add(entry.name, withoutUrlQueries(text.toString('utf8')))

  function deliverRecord({ answer, row, lists }: Found, sink: Sink): void {
    if (!begun().isNews(answer, row)) return
    const text = recordText(answer, row.record, types, lists)
    // A scroll that breaks starts again from its beginning.
    if (entry.filtered && isInLog(text)) return
    sink.record(entry.name, text, truncatedField(entry.search?.childCounter, answer, row.record))
  }

  /** All children, never filtered by their own times: what is younger than the parent can be indexed later. */
  function deliverChildren({ row, children }: Found, sink: Sink): void {
    const records = children?.answer.records
    // The hash covers all of a parent's children: they can change without the parent's record showing it.
    if (!children || !records || !begun().isNews(children.answer, { ...row, record: wholeAnswer(children.answer) }))
      return
    for (const record of records) {
      const added = parentMembers(entry, row, record, parentIdTypes)
      const text = addMembers(recordText(children.answer, record, types), added)
      // A parent that moves while it is read comes again, with the children that have come already.
      if (!isInLog(text)) sink.record(entry.name, text)
    }
    if (children.total !== undefined && children.total > records.length) {
      const message = `${entry.name}: ${row.id} has ${children.total}, Intercom gives the newest ${records.length} only`
      sink.log('WARN', message)
    }
  }

  return {
    entry,
    incremental,
    given: state,
    finishedBefore: !incremental && isComplete(state),
    previous,
    lower,
    notes,
    overlap: begun,
    begin(frozen, json) {
      const { overlapSeconds: usualSeconds, volatileMembers } = entry
      overlap = createOverlap({ previous, frozen, usualSeconds, volatileMembers, json })
    },
    wantsChildren: (row) => entry.child !== undefined && isOwn(row),
    wantsLists: (answer, row) => !entry.child && isOwn(row) && !begun().wasDelivered(answer, row),
    deliver(found, sink) {
      if (!isOwn(found.row)) return
      if (entry.child) deliverChildren(found, sink)
      else deliverRecord(found, sink)
    },
  }
}

/** A full refresh goes on from its own walk only, which has no cursor: what an increment reads is never the whole. */
function usableState(
  name: string,
  given: SearchState | undefined,
  incremental: boolean,
  notes: LogEntry[],
): SearchState | undefined {
  if (given?.cursor === undefined || incremental) return given
  notes.push({ level: 'WARN', message: `${name}: a full refresh cannot go on from a cursor: the state is ignored` })
  return undefined
}

function lowerBound(
  name: string,
  config: SourceConfig,
  previous: SearchState | undefined,
  now: number,
  notes: LogEntry[],
): number {
  const start = startSeconds(config)
  if (previous?.cursor === undefined) return start
  let back = (config.lookback_window ?? 0) * DAY_SECONDS
  const migration = config.migration_lookback ?? 31
  if (previous.foreign && migration > 0) {
    back += migration * DAY_SECONDS
    const message =
      `${name}: the state was not written by intercom-sync: going back ${migration} days once, ` +
      'because other connectors skip records (migration_lookback: 0 turns this off)'
    notes.push({ level: 'INFO', message })
  }
  const cursor = creditedCursor(previous.cursor, now)
  if (cursor > now) {
    const message =
      `${name}: the state's cursor ${cursor} lies in the future: no record is read before then; ` +
      'reset the stream to read everything again'
    notes.push({ level: 'WARN', message })
  }
  return Math.max(start, cursor - back)
}
