import type { ConfiguredStream } from '../../airbyte/catalog.ts'
import { startSeconds } from '../../airbyte/source-config.ts'
import type { ScannedAnswer } from '../../intercom/text/record-scanner.ts'
import type { StreamEntry } from '../../streams/table.ts'
import type { FoundChildren } from '../completion/children.ts'
import { createPendingParents, type Parent, type PendingParents } from '../completion/pending-parents.ts'
import { idTypes, type LogEntry, type Sink, type WalkContext } from '../contract/walk.ts'
import type { Row } from '../pages/search-pages.ts'
import type { FeedJson } from '../state/position-schema.ts'
import type { SearchState } from '../state/search-state.ts'
import { owns } from '../state/slice.ts'
import type { Bounds } from './bounds.ts'
import { deliverChildren } from './deliver-children.ts'
import { type Delivery, deliverRecord, type Found, isRepeat } from './deliver-record.ts'
import { createOverlap, type Overlap } from './overlap.ts'

/** What a feed knows of its stream. */
interface FedStream {
  readonly entry: StreamEntry
  readonly configured: ConfiguredStream
  readonly incremental: boolean
  readonly previous: SearchState | undefined
}

/** A feed whose walk has begun: records can be delivered. Times are Unix seconds. */
export interface OpenFeed extends Pick<FedStream, 'entry' | 'incremental' | 'previous'> {
  lower(): number
  /** The oldest time of what is pending: its bound, or before it what the last sync could not have. */
  pendingFrom(): number
  /** What the state had reached, if any: no cursor goes back behind it. A little in the future it counts as `start`. */
  reachedBefore(start: number): number | undefined
  /**
   * The last sync may have read a list that leaves records out. Lowers the bound so that they are read now.
   *
   * @returns what to say of it; undefined when there is nothing to make up for
   */
  makeUpForList(): LogEntry | undefined
  /** The walk has all records at hand: from now on what differs in content is the stream's, whatever its time. */
  compareAll(): void
  /** Whether the children of a parent have to be asked for. */
  wantsChildren(row: Row, reread?: true): boolean
  /** Whether the record's cut lists have to be made whole: not when nothing will be delivered. */
  wantsLists(answer: ScannedAnswer, row: Row, reread?: true): boolean
  deliver(found: Found, sink: Sink): void
  /** Of a child stream: what asking for a parent's children has come to, its own time notwithstanding. */
  deliverChildren(parent: Parent, children: FoundChildren, sink: Sink): void
  readonly overlap: Overlap
  /** Parents whose children are still to come. */
  readonly pendingParents: Pick<PendingParents, 'all' | 'gone'>
  toJson(): FeedJson
}

/**
 * @param start when the walk began
 * @param json what an attempt before has left of the feed
 */
export function openFeed(
  stream: FedStream,
  bounds: Bounds,
  { config, client, fingerprints }: Pick<WalkContext, 'config' | 'client' | 'fingerprints'>,
  start: number,
  json: FeedJson | undefined,
): OpenFeed {
  const { entry, configured, incremental, previous } = stream
  const { overlapSeconds: usualSeconds, volatileMembers } = entry
  const { lower } = bounds
  if (json?.isAhead) bounds.wasAhead(start)
  const isOwn = ownership(previous, lower)
  const isRepeated = (answer: ScannedAnswer, row: Row) => isRepeat({ entry, fingerprints }, answer, row)
  const isAwaited = (row: Row) => isAwaitedBy(previous, row)
  const overlap = createOverlap({
    previous,
    frozen: start,
    usualSeconds,
    volatileMembers,
    isAwaited,
    isRepeat: isRepeated,
    json,
  })
  const pendingParents = createPendingParents(entry.name, lower)
  if (json) pendingParents.restore(json)
  const delivery: Delivery = {
    entry,
    types: idTypes(entry.idMembers, configured),
    parentIdTypes: idTypes(entry.child ? [entry.child.parentIdMember] : [], configured),
    overlap,
    pendingParents,
    fingerprints,
  }
  /** What is too old to be delivered is remembered, so that the next sync sees whether it has changed. */
  let isBaseline = false

  return {
    entry,
    incremental,
    previous,
    lower,
    pendingFrom: () => Math.min(lower(), oldestAwaited(previous)),
    reachedBefore: bounds.reachedBefore,
    overlap,
    pendingParents,
    makeUpForList: () => makeUpForList(stream, bounds, startSeconds(config)),
    compareAll() {
      // A cursor that lies in the future was put there: it asks for nothing.
      if (!incremental || lower() > client.latestSeconds()) return
      overlap.rememberAll()
      // How far another connector's state is gone behind is for the config to say.
      if (previous?.foreign) isBaseline = true
      else bounds.goBackTo(startSeconds(config))
    },
    wantsChildren: (row, reread) => entry.child !== undefined && isOwn(row, reread),
    wantsLists: (answer, row, reread) => !entry.child && isOwn(row, reread) && !overlap.wasDelivered(answer, row),
    deliverChildren: (parent, children, sink) => deliverChildren(delivery, parent, children, sink),
    deliver(found, sink) {
      if (!isOwn(found.row, found.reread)) {
        if (isBaseline) overlap.isNew(found.answer, found.row)
        return
      }
      if (!entry.child) deliverRecord(delivery, found, sink)
      else if (found.children) deliverChildren(delivery, found.row, found.children, sink)
    },
    toJson: () => ({ ...overlap.toJson(), ...pendingParents.toJson(), ...(bounds.isAhead() && { isAhead: true }) }),
  }
}

function makeUpForList({ entry, previous }: FedStream, bounds: Bounds, startSeconds: number): LogEntry | undefined {
  const { listedFrom } = previous ?? {}
  if (listedFrom === undefined || listedFrom >= bounds.lower()) return undefined
  bounds.goBackTo(Math.max(startSeconds, listedFrom))
  const message =
    `${entry.name}: the last sync read a list that leaves companies without users out: ` +
    'what was updated since the sync before it is read again by the scroll'
  return { level: 'INFO', message }
}

/** Which records are the stream's. What came short is read again from where the interrupted walk began: the cursor has
 * already passed what was missed. */
function ownership(previous: SearchState | undefined, lower: () => number): (row: Row, reread?: true) => boolean {
  const lowerOf = (reread: true | undefined) => (reread ? Math.min(lower(), previous?.walk?.lower ?? lower()) : lower())
  return (row, reread) => row.updatedAt === undefined || row.updatedAt >= lowerOf(reread) || isAwaitedBy(previous, row)
}

/** Whether the last sync could not have the record. */
function isAwaitedBy(previous: SearchState | undefined, row: Row): boolean {
  const { gaps = [], retryIds = {} } = previous ?? {}
  return Object.hasOwn(retryIds, row.id) || gaps.some((gap) => owns(gap, row) && !gap.skip?.has(row.id))
}

function oldestAwaited(previous: SearchState | undefined): number {
  const { gaps = [], retryIds = {} } = previous ?? {}
  return Math.min(...gaps.map(({ from }) => from), ...Object.values(retryIds))
}
