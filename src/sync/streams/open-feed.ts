import type { ConfiguredStream } from '../../airbyte/catalog.ts'
import { startSeconds } from '../../airbyte/source-config.ts'
import type { ScannedAnswer } from '../../intercom/text/record-scanner.ts'
import type { StreamEntry } from '../../streams/table.ts'
import type { FoundChildren } from '../completion/ask-children.ts'
import { createPendingParents, type Parent, type PendingParents } from '../completion/pending-parents.ts'
import { memberTypes } from '../contract/member-types.ts'
import type { Sink, WalkContext, WalkLogLine } from '../contract/walk.ts'
import type { Row } from '../pages/search-pages.ts'
import type { GrowingLists } from '../state/growing-lists.ts'
import { type FeedJson, readPosition, SeenJson } from '../state/position-schema.ts'
import type { SearchState } from '../state/search-state.ts'
import { owns } from '../state/slice.ts'
import type { Bounds } from './bounds.ts'
import { deliverChildren } from './deliver-children.ts'
import { deliverRecord, type Found, isRepeat, type StreamOutput } from './deliver-record.ts'
import { rowForm } from './derived-rows.ts'
import { createOverlap, type Overlap } from './overlap.ts'

/** What a feed knows about its stream. */
interface FedStream {
  readonly entry: StreamEntry
  /** The stream that Intercom is asked for, see `sourceOf`. */
  readonly source: StreamEntry
  readonly configured: ConfiguredStream
  readonly incremental: boolean
  readonly previous: SearchState | undefined
}

/** A feed whose walk has begun: records can be delivered. Times are Unix seconds. */
export interface OpenFeed extends Pick<FedStream, 'entry' | 'source' | 'incremental' | 'previous'> {
  lower(): number
  /** The oldest pending time: the feed's bound, or an earlier time that the last sync could not read. */
  pendingFrom(): number
  /**
   * The time that the state had reached, if any: no cursor goes back behind it. A time slightly in the future counts as
   * `start`.
   */
  reachedBefore(start: number): number | undefined
  /**
   * The last syncs may have read a list, or a search, that leaves records out. Then this lowers the bound so that they are read now.
   *
   * @returns the log entry about it; undefined when there is nothing to make up for
   */
  makeUpForList(): WalkLogLine | undefined
  /** The walk can read all records. From now on the stream owns every record whose content differs, at any time. */
  compareAll(): void
  /** Whether the children of a parent have to be requested. */
  wantsChildren(row: Row, reread?: true): boolean
  /** Whether a list of the record has to be whole. Not when the record will not be delivered. */
  wantsList(member: string, answer: ScannedAnswer, row: Row, reread?: true): boolean
  /** Whether the record, or rows inside it, will be delivered, as far as its own text shows. */
  wantsRecord(answer: ScannedAnswer, row: Row, reread?: true): boolean
  deliver(found: Found, sink: Sink): void
  /** For a child stream: delivers the result of asking for a parent's children, regardless of the parent's own time. */
  deliverChildren(parent: Parent, children: FoundChildren, sink: Sink): void
  readonly overlap: Overlap
  /** Parents whose children are still to come. */
  readonly pendingParents: Pick<PendingParents, 'all' | 'gone'>
  toJson(): FeedJson
}

/** What a feed takes from its walk. */
export type FeedContext = Pick<WalkContext, 'config' | 'client' | 'fingerprints' | 'growing' | 'until'>

/** How a feed is opened. */
interface Opening {
  /** When the walk began. */
  start: number
  /** The feed's data that an earlier attempt has left. */
  json: FeedJson | undefined
  /** Undefined for the stream's own. */
  overlapSeconds: number | undefined
}

export function openFeed(
  stream: FedStream,
  bounds: Bounds,
  { config, client, fingerprints, growing, until }: FeedContext,
  { start, json, overlapSeconds }: Opening,
): OpenFeed {
  const { entry, source, configured, incremental, previous } = stream
  const { volatileMembers } = source
  const { lower } = bounds
  if (json?.isAhead) bounds.wasAhead(start)
  const isInFuture = () => lower() > client.latestSeconds()
  // A stream of children that has no cursor is always whole: no time of a parent says anything about them.
  const isWhole = source.child !== undefined && !source.cursor
  const isOwn = isWhole ? () => true : ownership(previous, lower, until, isInFuture)
  const isRepeated = (answer: ScannedAnswer, row: Row) => isRepeat({ entry, fingerprints }, answer, row)
  const isAwaited = (row: Row) => isAwaitedBy(previous, row)
  const overlap = createOverlap({
    previous,
    frozen: start,
    usualSeconds: overlapSeconds ?? source.overlapSeconds,
    volatileMembers,
    isAwaited,
    isRepeat: isRepeated,
    json: json && withEntriesApart(entry.name, json, growing),
  })
  growing.add(entry.name, overlap.seen)
  const pendingParents = createPendingParents(entry.name, lower)
  if (json) pendingParents.restore(json)
  const delivery: StreamOutput = {
    entry,
    source,
    types: [...memberTypes(entry, configured)],
    parentIdTypes: memberTypes({ idMembers: entry.child ? [entry.child.parentIdMember] : [] }, configured),
    rowForm: rowForm(entry, source, configured),
    overlap,
    pendingParents,
    fingerprints,
  }
  const wantsRecord = (answer: ScannedAnswer, row: Row, reread?: true) =>
    !source.child && isOwn(row, reread) && !overlap.wasDelivered(answer, row)
  /** Whether records too old to be delivered are remembered, so that the next sync sees if they have changed. */
  let isBaseline = false

  return {
    entry,
    source,
    incremental,
    previous,
    lower,
    pendingFrom: () => Math.min(lower(), oldestAwaited(previous)),
    reachedBefore: bounds.reachedBefore,
    overlap,
    pendingParents,
    makeUpForList: () => makeUpForList(stream, bounds, startSeconds(config)),
    compareAll() {
      // Somebody has put the cursor into the future, so that nothing is read.
      if (!incremental || isInFuture()) return
      overlap.rememberAll()
      // For another connector's state, the config decides how far to go back.
      if (previous?.foreign) isBaseline = true
      else bounds.goBackTo(startSeconds(config))
    },
    wantsChildren: (row, reread) => source.child !== undefined && isOwn(row, reread),
    wantsRecord,
    wantsList: (member, answer, row, reread) => hasList(entry, member) && wantsRecord(answer, row, reread),
    deliverChildren: (parent, children, sink) => deliverChildren(delivery, parent, children, sink),
    deliver(found, sink) {
      if (!isOwn(found.row, found.reread)) {
        if (isBaseline) overlap.isNew(found.answer, found.row)
        return
      }
      if (!source.child) deliverRecord(delivery, found, sink)
      else if (found.children) deliverChildren(delivery, found.row, found.children, sink)
    },
    toJson: () => ({ ...overlap.toJson(), ...pendingParents.toJson(), ...(bounds.isAhead() && { isAhead: true }) }),
  }
}

/** Whether something that a stream delivers is in this list of a record. */
export function hasList({ derived }: StreamEntry, member: string): boolean {
  return derived === undefined || derived.lists.some(({ path }) => path[0] === member)
}

/** The same with the entries that are kept beside the position. @throws StoredDataError */
function withEntriesApart(name: string, json: FeedJson, growing: GrowingLists): FeedJson {
  const { apart } = json.seen
  if (apart === undefined) return json
  const entries = growing.restore(name, apart)
  return { ...json, seen: readPosition(SeenJson, { ...json.seen, entries }, name) }
}

function makeUpForList({ entry, previous }: FedStream, bounds: Bounds, startSeconds: number): WalkLogLine | undefined {
  const { listedFrom } = previous ?? {}
  if (listedFrom === undefined || listedFrom >= bounds.lower()) return undefined
  bounds.goBackTo(Math.max(startSeconds, listedFrom))
  const message =
    `${entry.name}: since the last scroll companies were read in a way that leaves out those without users: ` +
    'what was updated since then is read again by the scroll'
  return { level: 'INFO', message }
}

/**
 * Decides which records the stream owns. A second reading owns everything from where the interrupted walk began,
 * because the cursor has already passed the records that were missed. A record without a time is always owned, unless
 * somebody has put the cursor into the future, so that nothing is read.
 */
function ownership(
  previous: SearchState | undefined,
  lower: () => number,
  until: number,
  isInFuture: () => boolean,
): (row: Row, reread?: true) => boolean {
  const lowerOf = (reread: true | undefined) => (reread ? Math.min(lower(), previous?.walk?.lower ?? lower()) : lower())
  const isWithin = (time: number, reread: true | undefined) => time >= lowerOf(reread) && time < until
  return (row, reread) => {
    const isInTime = row.updatedAt === undefined ? !isInFuture() : isWithin(row.updatedAt, reread)
    return isInTime || isAwaitedBy(previous, row)
  }
}

/** Whether the last sync could not read the record. */
function isAwaitedBy(previous: SearchState | undefined, row: Row): boolean {
  const { gaps = [], retryIds = {} } = previous ?? {}
  return Object.hasOwn(retryIds, row.id) || gaps.some((gap) => owns(gap, row) && !gap.skip?.has(row.id))
}

function oldestAwaited(previous: SearchState | undefined): number {
  const { gaps = [], retryIds = {} } = previous ?? {}
  const times = [...gaps.map(({ from }) => from), ...Object.values(retryIds)]
  return times.reduce((oldest, time) => Math.min(oldest, time), Number.POSITIVE_INFINITY)
}
