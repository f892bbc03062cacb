import { readStored } from '../../stored/stored-data.ts'
import type { CursorField } from '../../streams/table.ts'
import { cursorTime } from './cursor-time.ts'
import { foreignClaims, foreignLookback, oldestClaim } from './foreign-cursor.ts'
import { OwnState, type SearchWalkJson, STATE_FORMAT } from './search-state-schema.ts'
import { waitingSlices } from './set-aside.ts'
import { isTentative, type Slice, sliceFromJson, sliceToJson } from './slice.ts'

/** The plan of a walk under way. It is frozen when the walk begins, while the data keeps changing. Unix seconds. */
export interface SearchWalkState {
  /** The walk owns [lower, ∞). */
  lower: number
  /** Slices own [lower, frozen), the tail everything after. */
  readonly frozen: number
  slices: Slice[]
  /** How tentative slices are cut. */
  cutting?: Cutting
  /** Newest first; the default is oldest first. */
  descending?: boolean
  tail?: TailState
}

/** The basis for cutting a walk. It is kept with the walk, so that whoever continues cuts in the same way. */
export interface Cutting {
  /** How many records a slice should hold. */
  target: number
  /** When the oldest record was updated, Unix seconds: no time before it needs to be halved. */
  oldest: number
}

/** A pass of the tail: everything that has changed since the start of the walk, or of the pass before. */
export interface TailState {
  /** The number of the pass, from 1. Stored states have it under this name. */
  round: number
  /** When the pass's first page was requested. */
  readonly asked: number
  pages: number
  slice: Slice
}

/** The contents of a search stream's state. */
export interface SearchState {
  /** The low-water mark: everything updated before it has been delivered. */
  cursor?: number
  /** Airbyte's connector wrote the state, or another connector that knows nothing about overlaps. */
  foreign: boolean
  /** A finished full refresh. */
  complete: boolean
  /** Fingerprint of the settings that the walk was planned with. */
  plan?: string
  walk?: SearchWalkState
  readTo?: number
  /** When the last sync began: only then or later did it read older records. Earlier versions do not write it. */
  began?: number
  seen?: Record<string, string>
  /** The entries of `seen` that the last sync got from the one before and did not meet itself; see `Remembered`. */
  unmet: Readonly<Record<string, number>>
  /** Replaces `seen` when that would be too large; see `Remembered`. */
  seenFilter?: string
  worstLag: number
  /** For a child stream: parents whose children could not be read, and when each was updated; tried first. */
  retryIds: Record<string, number>
  /** From this time on only a list was read, and the list leaves records out. */
  listedFrom?: number
  /** After a walk has ended: the slices that it could not read, and single records that wait; tried first. */
  gaps: readonly Slice[]
  /** After such a walk: everything updated before this has been delivered, except `gaps` and children of `retryIds`. */
  goOnFrom?: number
  /** Of a log that is read by a cursor: how to ask for its last page … */
  after?: Record<string, string>
  /** … and the ids of the events that have come of it. */
  onPage?: readonly string[]
}

/** What a state knows about the records that the next sync reads again. */
export interface Remembered {
  /** Hashes by id. */
  seen?: Record<string, string>
  /** The entries of `seen` that this sync did not meet, each with a time before which it was updated, Unix seconds. */
  unmet?: Record<string, number>
  /** Used when `seen` would be too large: a filter over `versionOf` that shows which records were delivered. */
  seenFilter?: string
}

/** The one member of a state that is ours; the rest is shared with Airbyte's connector. */
export const OURS = 'intercom_sync'
const COMPLETE_MARK = '__ab_full_refresh_sync_complete'

/**
 * Reads a state that `checkSearchState` has accepted, or one that we stored.
 *
 * @throws StoredDataError
 */
export function readSearchState(
  state: Record<string, unknown>,
  field: CursorField = 'updated_at',
  parent?: string,
): SearchState {
  const ours = state[OURS] === undefined ? undefined : readStored(OwnState, state[OURS], 'a state')
  const ownCursor = cursorTime(state[field])
  const retryIds = ours?.retry_ids === undefined || Array.isArray(ours.retry_ids) ? {} : ours.retry_ids
  const oldest = oldestClaim(foreignClaims(state, field, parent))
  const cursor = ours !== undefined ? ownCursor : oldest && Math.max(0, oldest - foreignLookback(state))
  return {
    ...(cursor !== undefined && { cursor }),
    foreign: ours === undefined,
    complete: state[COMPLETE_MARK] === true,
    ...(ours?.plan !== undefined && { plan: ours.plan }),
    ...(ours?.walk !== undefined && { walk: walkFromJson(ours.walk) }),
    ...(ours?.read_to !== undefined && { readTo: ours.read_to }),
    ...(ours?.began !== undefined && { began: ours.began }),
    ...(ours?.seen !== undefined && { seen: ours.seen }),
    unmet: ours?.unmet ?? {},
    ...(ours?.seen_filter !== undefined && { seenFilter: ours.seen_filter }),
    worstLag: ours?.worst_lag ?? 0,
    retryIds: parent === undefined ? {} : retryIds,
    ...(ours?.listed_from !== undefined && { listedFrom: ours.listed_from }),
    // In other streams, the records themselves wait.
    gaps: [...(ours?.gaps ?? []).map(sliceFromJson), ...(parent === undefined ? waitingSlices(retryIds) : [])],
    ...(ours?.go_on_from !== undefined && { goOnFrom: ours.go_on_from }),
    ...(ours?.after !== undefined && { after: ours.after }),
    ...(ours?.on_page !== undefined && { onPage: ours.on_page }),
  }
}

/** Everything before this has been delivered, except what the state names; undefined before the first walk has ended. */
export function reachedBy({ goOnFrom, cursor }: SearchState): number | undefined {
  return goOnFrom ?? cursor
}

/** The place that a state continues from, as text. Streams share a walk when their places are the same. */
export function walkPlaceOf({ plan, walk, gaps }: SearchState): string {
  if (!walk) return gaps.length > 0 ? JSON.stringify(gaps.map(sliceToJson)) : 'fresh'
  // Each stream has its own lower bound.
  return JSON.stringify([plan, { ...walkToJson(walk), lower: undefined }])
}

/** The state of a walk that has come to its end. */
export function doneState(done: {
  field: CursorField
  /** Everything before it has been delivered; left out for a full refresh. */
  cursor: number | undefined
  plan: string
  began: number
  readTo: number
  remembered: Remembered
  worstLag: number
  retryIds: ReadonlyMap<string, number>
  listedFrom: number | undefined
  /** The slices that it could not read completely. */
  gaps: readonly Slice[]
  /** Where the next sync continues; given when the cursor stays behind because of missing records. */
  goOnFrom: number
}): Record<string, unknown> {
  const { field, cursor, plan, began, readTo, remembered, worstLag, retryIds, listedFrom, gaps, goOnFrom } = done
  const ours = {
    v: STATE_FORMAT,
    plan,
    began,
    read_to: readTo,
    ...(remembered.seen && { seen: remembered.seen }),
    ...(remembered.unmet && { unmet: remembered.unmet }),
    ...(remembered.seenFilter !== undefined && { seen_filter: remembered.seenFilter }),
    worst_lag: worstLag,
    ...retryMember(retryIds),
    ...(listedFrom !== undefined && { listed_from: listedFrom }),
    ...(gaps.length > 0 && { gaps: gaps.map(sliceToJson) }),
    ...(cursor !== goOnFrom && { go_on_from: goOnFrom }),
  }
  return { ...(cursor !== undefined && { [field]: cursor }), [OURS]: ours }
}

/** The state of a walk under way. */
export function walkState(underWay: {
  field: CursorField
  /** Its low-water mark; left out for a full refresh. */
  cursor: number | undefined
  plan: string
  walk: SearchWalkState
  worstLag: number
  retryIds: ReadonlyMap<string, number>
  listedFrom: number | undefined
}): Record<string, unknown> {
  const { field, cursor, plan, walk, worstLag, retryIds, listedFrom } = underWay
  const ours = {
    v: STATE_FORMAT,
    plan,
    walk: walkToJson(walk),
    worst_lag: worstLag,
    ...retryMember(retryIds),
    ...(listedFrom !== undefined && { listed_from: listedFrom }),
  }
  return { ...(cursor !== undefined && { [field]: cursor }), [OURS]: ours }
}

function retryMember(retryIds: ReadonlyMap<string, number>): Record<string, unknown> {
  return retryIds.size > 0 ? { retry_ids: Object.fromEntries(retryIds) } : {}
}

/** The state of a walk that has taken everything before the cursor, and cannot continue from any place between. */
export function reachedState(
  field: CursorField,
  { cursor, ...ours }: { cursor: number; plan: string; worstLag: number },
): Record<string, unknown> {
  return { [field]: cursor, [OURS]: { v: STATE_FORMAT, plan: ours.plan, worst_lag: ours.worstLag } }
}

/** The state before anything is known. */
export const freshState: Readonly<Record<string, unknown>> = { [OURS]: { v: STATE_FORMAT } }

/** The state of a finished full refresh. */
export const completeState: Readonly<Record<string, unknown>> = { [COMPLETE_MARK]: true, [OURS]: { v: STATE_FORMAT } }

/** Whether a state says that a full refresh has been finished. */
export function isComplete(state: Record<string, unknown> | undefined): boolean {
  return state?.[COMPLETE_MARK] === true
}

export function walkToJson(walk: SearchWalkState): SearchWalkJson {
  return {
    lower: walk.lower,
    frozen: walk.frozen,
    slices: walk.slices.map(sliceToJson),
    ...(walk.cutting && walk.slices.some(isTentative) && { cutting: walk.cutting }),
    ...(walk.descending && { order: 'descending' }),
    ...(walk.tail && { tail: { ...walk.tail, slice: sliceToJson(walk.tail.slice) } }),
  }
}

export function walkFromJson(json: SearchWalkJson): SearchWalkState {
  return {
    lower: json.lower,
    frozen: json.frozen,
    slices: json.slices.map(sliceFromJson),
    ...(json.cutting && { cutting: json.cutting }),
    ...(json.order === 'descending' && { descending: true }),
    ...(json.tail && { tail: { ...json.tail, slice: sliceFromJson(json.tail.slice) } }),
  }
}
