import { startSeconds } from '../../airbyte/source-config.ts'
import { withoutSignatures } from '../../intercom/text/content-hash.ts'
import type { ScannedAnswer } from '../../intercom/text/record-scanner.ts'
import { recordText } from '../../intercom/text/record-text.ts'
import type { StreamEntry } from '../../streams/table.ts'
import { addMembers, parentMembers, wholeAnswer } from '../completion/child-text.ts'
import type { FoundChildren } from '../completion/children.ts'
import type { FoundLists } from '../completion/list-reader.ts'
import { createOwedParents, type OwedParents, type Parent } from '../completion/owed-parents.ts'
import { truncatedField } from '../completion/truncation.ts'
import { idTypes, type LogEntry, type SelectedStream, type Sink, type WalkContext } from '../contract/walk.ts'
import { isVersionInLog } from '../delivered/record-version.ts'
import type { Row } from '../pages/search-pages.ts'
import type { FeedJson } from '../state/position-schema.ts'
import { isComplete, readSearchState, type SearchState } from '../state/search-state.ts'
import { owns } from '../state/slice.ts'
import { lowerBound, usableState } from './lower-bound.ts'
import { createOverlap, type Overlap } from './overlap.ts'

/** A record that a walk has found, with its children where they were asked for. */
export interface Found {
  answer: ScannedAnswer
  row: Row
  children: FoundChildren | undefined
  /** What makes the record's cut lists whole. */
  lists?: FoundLists | undefined
  /** It is of the second reading of a slice, see `Asked`. */
  reread?: true | undefined
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
  /** The oldest time of what it is owed: its bound, or before it what the last sync could not have. Unix seconds. */
  readonly owedFrom: number
  /**
   * The last sync may have read a list that leaves records out. Lowers the bound so that they are read now.
   *
   * @returns what to say of it; undefined when there is nothing to make up for
   */
  makeUpForList(): LogEntry | undefined
  /** The walk has all records at hand: from now on what differs in content is the stream's, whatever its time. */
  compareAll(): void
  /** What the state had reached, if any: no cursor goes back behind it. A little in the future it counts as `start`. */
  reachedBefore(start: number): number | undefined
  readonly notes: readonly LogEntry[]
  /** Called once the walk knows its start (Unix seconds), before anything is delivered. */
  begin(frozen: number, json?: FeedJson): void
  /** Whether the children of a parent have to be asked for. */
  wantsChildren(row: Row, reread?: true): boolean
  /** Whether the record's cut lists have to be made whole: not when nothing will be delivered. */
  wantsLists(answer: ScannedAnswer, row: Row, reread?: true): boolean
  deliver(found: Found, sink: Sink): void
  /** Of a child stream: what asking for a parent's children has come to, its own time notwithstanding. */
  deliverChildren(parent: Parent, children: FoundChildren, sink: Sink): void
  overlap(): Overlap
  /** Parents whose children are still to come. */
  readonly owed: Pick<OwedParents, 'all' | 'gone'>
  toJson(): FeedJson
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
  const previous = usableState(
    entry.name,
    state && readSearchState(state, entry.cursor, entry.child?.parent),
    incremental,
    notes,
  )
  const { reached, ...bound } = lowerBound(entry.name, config, previous, client, notes)
  let { lower, isAhead } = bound
  const types = idTypes(entry.idMembers, configured)
  const parentIdTypes = idTypes(entry.child ? [entry.child.parentIdMember] : [], configured)
  let overlap: Overlap | undefined
  const owed = createOwedParents(entry.name, () => lower)
  /** What is too old to be delivered is remembered, so that the next sync sees whether it has changed. */
  let isBaseline = false

  const begun = (): Overlap => {
    if (!overlap) throw new Error(`${entry.name} has not begun`)
    return overlap
  }
  const { gaps = [], retryIds = {} } = previous ?? {}
  const owedFrom = Math.min(lower, ...gaps.map(({ from }) => from), ...Object.values(retryIds))
  const isAwaited = (row: Row) =>
    Object.hasOwn(retryIds, row.id) || gaps.some((gap) => owns(gap, row) && !gap.skip?.has(row.id))
  /** What came short is read again from where the interrupted walk began: the cursor has already passed what was missed. */
  const lowerOf = (reread: true | undefined) => (reread ? Math.min(lower, previous?.walk?.lower ?? lower) : lower)
  const isOwn = (row: Row, reread?: true) =>
    row.updatedAt === undefined || row.updatedAt >= lowerOf(reread) || isAwaited(row)
  /** Adds a text to what the log holds. Signed anew or not, the same attachment makes the same record. */
  const isInLog = (text: Buffer) => !fingerprints.add(entry.name, withoutSignatures(text.toString('utf8')))

  /** What is searched for is told by its version; what is read again in other ways by its text. */
  const isRepeat = (answer: ScannedAnswer, row: Row) =>
    entry.search !== undefined && isVersionInLog(fingerprints, entry.name, answer.body, row.record)

  function deliverRecord({ answer, row, lists }: Found, sink: Sink): void {
    if (!isNews(answer, row, sink)) return
    // The next sync meets it as it stands now, and delivers it whole.
    if (lists?.isPartial) begun().seen.forget(row.id)
    const text = recordText(answer, row.record, types, lists?.edits)
    // What breaks off in the middle of a scroll or a window is read again from its beginning.
    if ((entry.filtered || entry.windows) && isInLog(text)) return
    const changes = truncatedField(entry.search?.childCounter, answer, row.record)
    if (changes) sink.tally(entry.name, 'capped', 1)
    sink.record(entry.name, text, changes)
  }

  /** All children, never filtered by their own times: what is younger than the parent can be indexed later. */
  function deliverChildren(parent: Parent, children: FoundChildren, sink: Sink): void {
    if (children === 'unreadable') owed.failed(parent)
    if (children === 'gone') owed.doubted(parent)
    if (children === 'deleted') {
      owed.settled(parent, false)
      sink.tally(entry.name, 'deletedMeanwhile', 1)
    }
    if (typeof children === 'string') return
    const { records } = children.answer
    if (!records) {
      owed.failed(parent)
      return
    }
    owed.settled(parent, true)
    // The hash covers all of a parent's children: they can change without the parent's record showing it.
    const whole = { ...parent, createdAt: undefined, record: wholeAnswer(children.answer) }
    if (!isNews(children.answer, whole, sink)) return
    for (const record of records) {
      const added = parentMembers(entry, parent, record, parentIdTypes)
      const text = addMembers(recordText(children.answer, record, types), added)
      // A parent that moves while it is read comes again, with the children that have come already.
      if (!isInLog(text)) sink.record(entry.name, text)
    }
    tellLacking(parent, children.total ?? 0, records.length, sink)
  }

  /** Intercom gives of a parent's children fewer than there are: the newest, or without a reason. */
  function tellLacking({ id }: Parent, total: number, came: number, sink: Sink): void {
    if (total <= came) return
    const isCapped = came >= (entry.child?.mostChildren ?? Infinity)
    const why = isCapped
      ? `Intercom gives the newest ${came} only`
      : `Intercom gave ${came}, however often it was asked`
    sink.log('WARN', `${entry.name}: ${id} has ${total}, ${why}`)
    if (isCapped) sink.tally(entry.name, 'capped', 1)
  }

  function isNews(answer: ScannedAnswer, row: Row, sink: Sink): boolean {
    const before = begun().lateArrivals()
    const news = begun().isNews(answer, row)
    sink.tally(entry.name, 'lateArrivals', begun().lateArrivals() - before)
    return news
  }

  return {
    entry,
    incremental,
    given: state,
    finishedBefore: !incremental && isComplete(state),
    previous,
    get lower() {
      return lower
    },
    get owedFrom() {
      return Math.min(lower, owedFrom)
    },
    notes,
    overlap: begun,
    makeUpForList() {
      const { listedFrom } = previous ?? {}
      if (listedFrom === undefined || listedFrom >= lower) return undefined
      lower = Math.max(startSeconds(config), listedFrom)
      const message =
        `${entry.name}: the last sync read a list that leaves companies without users out: ` +
        'what was updated since the sync before it is read again by the scroll'
      return { level: 'INFO', message }
    },
    compareAll() {
      // A cursor that lies in the future was put there: it asks for nothing.
      if (!incremental || lower > client.latestSeconds()) return
      begun().rememberAll()
      // How far another connector's state is gone behind is for the config to say.
      if (previous?.foreign) isBaseline = true
      else lower = Math.min(lower, startSeconds(config))
    },
    begin(frozen, json) {
      const { overlapSeconds: usualSeconds, volatileMembers } = entry
      overlap = createOverlap({ previous, frozen, usualSeconds, volatileMembers, isAwaited, isRepeat, json })
      if (json) owed.restore(json)
      // The state was judged when the walk began; by now its time may have come.
      if (json?.isAhead) lower = Math.min(lower, frozen)
      isAhead ||= json?.isAhead ?? false
    },
    reachedBefore: (start) => (isAhead && reached !== undefined ? Math.min(reached, start) : reached),
    owed,
    toJson: () => ({ ...begun().toJson(), ...owed.toJson(), ...(isAhead && { isAhead }) }),
    wantsChildren: (row, reread) => entry.child !== undefined && isOwn(row, reread),
    wantsLists: (answer, row, reread) => !entry.child && isOwn(row, reread) && !begun().wasDelivered(answer, row),
    deliverChildren,
    deliver(found, sink) {
      if (!isOwn(found.row, found.reread)) {
        if (isBaseline) begun().isNews(found.answer, found.row)
        return
      }
      if (!entry.child) deliverRecord(found, sink)
      else if (found.children) deliverChildren(found.row, found.children, sink)
    },
  }
}
