import { readStored } from '../../stored/stored-data.ts'
import type { CursorField } from '../../streams/table.ts'
import { foreignClaims, foreignLookback, oldestClaim } from './foreign-cursor.ts'
import { OwnState, type SearchWalkJson, STATE_FORMAT } from './search-state-schema.ts'
import { waitingSlices } from './set-aside.ts'
import { isTentative, type Slice, sliceFromJson, sliceToJson } from './slice.ts'

/** The plan of a walk under way: frozen when the walk began, while the data goes on changing. Unix seconds. */
export interface SearchWalkState {
  /** The walk owns [lower, ∞). */
  lower: number
  /** Slices own [lower, frozen), the tail everything after. */
  readonly frozen: number
  slices: Slice[]
  /** What tentative slices are cut by. */
  cutting?: Cutting
  /** Newest first; the default is oldest first. */
  descending?: boolean
  tail?: TailState
}

/** What a walk cuts by. It is kept with the walk, so that whoever goes on cuts as it was begun. */
export interface Cutting {
  /** Records a slice is to hold. */
  target: number
  /** When the oldest record was updated, Unix seconds: what lies before it need not be halved. */
  oldest: number
}

/** A round of the tail: everything that has changed since the walk, or the round before, began to look. */
export interface TailState {
  /** From 1. */
  round: number
  /** When the round's first page was asked. */
  readonly asked: number
  pages: number
  slice: Slice
}

/** What a search stream's state says. */
export interface SearchState {
  /** The low-water mark: everything updated before it has been delivered. */
  cursor?: number
  /** Written by Airbyte's connector or another that knows nothing of overlaps. */
  foreign: boolean
  /** A finished full refresh. */
  complete: boolean
  /** Fingerprint of the settings the walk was planned with. */
  plan?: string
  walk?: SearchWalkState
  readTo?: number
  /** When the last sync began; it looked at what was updated before then or later. States of before do not have it. */
  began?: number
  seen?: Record<string, string>
  /** Of `seen`, what the last sync had from the one before it and did not meet; see `Remembered`. */
  unmet: Readonly<Record<string, number>>
  /** In place of `seen` where that would be too much; see `Remembered`. */
  seenFilter?: string
  worstLag: number
  /** Of a child stream: parents whose children could not be read, and when each was updated; tried first. */
  retryIds: Record<string, number>
  /** From this time on only a list was read, and it leaves records out. */
  listedFrom?: number
  /** Of a walk that has come to its end: what it could not have, and single records that wait; tried first. */
  gaps: readonly Slice[]
  /** Of such a walk: what was updated before this has been delivered, but for `gaps` and the children of `retryIds`. */
  goOnFrom?: number
}

/** What a state knows of the records that the next sync reads again. */
export interface Remembered {
  /** Hashes by id. */
  seen?: Record<string, string>
  /** Of these, the ones that this sync did not meet: by when each was updated, Unix seconds. */
  unmet?: Record<string, number>
  /** Where there are too many for that, which of them were delivered: a filter over `versionOf`. */
  seenFilter?: string
}

/** The one member of a state that is ours; the rest is shared with Airbyte's connector. */
export const OURS = 'intercom_sync'
const COMPLETE_MARK = '__ab_full_refresh_sync_complete'

/**
 * Reads a state that `checkSearchState` has accepted, or one that was kept.
 *
 * @throws StoredDataError
 */
export function readSearchState(
  state: Record<string, unknown>,
  field: CursorField = 'updated_at',
  parent?: string,
): SearchState {
  const ours = state[OURS] === undefined ? undefined : readStored(OwnState, state[OURS], 'a state')
  const given = state[field] ?? undefined
  const ownCursor = given === undefined ? undefined : Math.floor(Number(given))
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
    // Of other streams what waits are the records themselves.
    gaps: [...(ours?.gaps ?? []).map(sliceFromJson), ...(parent === undefined ? waitingSlices(retryIds) : [])],
    ...(ours?.go_on_from !== undefined && { goOnFrom: ours.go_on_from }),
  }
}

/** Up to when everything has been delivered, but for what the state names; undefined before the first walk has ended. */
export function reachedBy({ goOnFrom, cursor }: SearchState): number | undefined {
  return goOnFrom ?? cursor
}

/** The place that a state goes on from, as text: streams share a walk when theirs are the same. */
export function placeOf({ plan, walk, gaps }: SearchState): string {
  if (!walk) return gaps.length > 0 ? JSON.stringify(gaps.map(sliceToJson)) : 'fresh'
  // Each stream has its own lower bound.
  return JSON.stringify([plan, { ...walkToJson(walk), lower: undefined }])
}

/** Clocks that differ explain a cursor so far in the future, seconds. */
const CLOCK_DIFFERENCE = 3600

/**
 * Whether a cursor lies so little in the future that clocks explain it: then it counts as now, or what changes until then
 * would be passed over. One further off stays as it is: it was put there.
 *
 * @param latest by the clock that is furthest ahead, Unix seconds
 */
export function isALittleAhead(cursor: number, latest: number): boolean {
  return cursor > latest && cursor <= latest + CLOCK_DIFFERENCE
}

/** A walk that has come to its end. */
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
  /** Slices of which it could not have everything. */
  gaps: readonly Slice[]
  /** Where the next sync goes on; told when the cursor stays behind for what is missing. */
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

/** A walk under way. */
export function walkState(underWay: {
  /** Its low-water mark; left out for a full refresh. */
  cursor: number | undefined
  plan: string
  walk: SearchWalkState
  worstLag: number
  retryIds: ReadonlyMap<string, number>
}): Record<string, unknown> {
  const { cursor, plan, walk, worstLag, retryIds } = underWay
  const ours = {
    v: STATE_FORMAT,
    plan,
    walk: walkToJson(walk),
    worst_lag: worstLag,
    ...retryMember(retryIds),
  }
  return { ...(cursor !== undefined && { updated_at: cursor }), [OURS]: ours }
}

function retryMember(retryIds: ReadonlyMap<string, number>): Record<string, unknown> {
  return retryIds.size > 0 ? { retry_ids: Object.fromEntries(retryIds) } : {}
}

/** A walk of which everything before the cursor has been taken, and that cannot go on from any place between. */
export function reachedState(
  field: CursorField,
  { cursor, ...ours }: { cursor: number; plan: string; worstLag: number },
): Record<string, unknown> {
  return { [field]: cursor, [OURS]: { v: STATE_FORMAT, plan: ours.plan, worst_lag: ours.worstLag } }
}

/** Before anything is known. */
export const freshState: Readonly<Record<string, unknown>> = { [OURS]: { v: STATE_FORMAT } }

/** A finished full refresh. */
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
