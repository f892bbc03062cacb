import { contentHash } from '../intercom/content-hash.ts'
import type { ScannedAnswer } from '../intercom/record-scanner.ts'
import type { Row } from './search-pages.ts'
import type { SearchState } from './search-state.ts'
import { createSeen, type Seen, type SeenJson } from './seen.ts'

/**
 * The stretch of time that this sync and the last both read, because the search index lags: a finished walk writes
 * its cursor behind the time it has read to, and what is read again is delivered only if its content changed.
 */
export interface Overlap {
  /** Whether a record has to be delivered; what is young enough to be read again is remembered. */
  isNews(answer: ScannedAnswer, row: Row): boolean
  /** Whether the last sync delivered this very record; asking changes nothing. */
  wasDelivered(answer: ScannedAnswer, row: Row): boolean
  seen: Seen
  /** From now on everything is remembered, however old. */
  rememberAll(): void
  /**
   * What the next sync, which goes on from `cursor` (Unix seconds), has to know of what was delivered; undefined when it
   * is too much for a state.
   *
   * @param isIncomplete what the last sync delivered and this one has not met may lie where nothing could be read
   */
  seenForState(cursor: number, isIncomplete: boolean): Record<string, string> | undefined
  /** How far behind its end this walk writes its cursor, seconds. */
  seconds: number
  /** Records of this walk that were new although the last sync had read past their time. */
  lateArrivals(): number
  /** The latest that a record was ever seen to arrive in the index after its own time, seconds. */
  worstLag(): number
  toJson(): OverlapJson
}

export interface OverlapJson {
  seen: SeenJson
  lateArrivals: number
  worstLag: number
}

export interface OverlapOptions {
  /** What the last sync left. */
  previous: SearchState | undefined
  /** Start of the walk, Unix seconds. */
  frozen: number
  /** The stream's usual overlap, seconds; grown when records have been seen to arrive later. */
  usualSeconds: number
  volatileMembers: readonly string[]
  json?: OverlapJson | undefined
}

export function createOverlap(options: OverlapOptions): Overlap {
  const { previous, frozen, volatileMembers, json } = options
  const seconds = Math.max(options.usualSeconds, 2 * (previous?.worstLag ?? 0))
  let rememberFrom = frozen - seconds
  const delivered = new Map(Object.entries(previous?.seen ?? {}))
  const seen = createSeen(frozen, json?.seen)
  let lateArrivals = json?.lateArrivals ?? 0
  let worstLag = json?.worstLag ?? previous?.worstLag ?? 0

  /** A record as old as the last sync, but new to us, was not in the index when the last sync looked. */
  function noteLateArrival(row: Row): void {
    const { cursor, readTo } = previous ?? {}
    // What could not be read then is late by no fault of the index.
    if (previous?.walk || previous?.gaps.length || Object.keys(previous?.retryIds ?? {}).length > 0) return
    if (previous?.seen === undefined || cursor === undefined || readTo === undefined || row.updatedAt === undefined)
      return
    if (row.updatedAt < cursor || row.updatedAt >= readTo) return
    lateArrivals++
    worstLag = Math.max(worstLag, readTo - row.updatedAt)
  }

  return {
    seen,
    rememberAll() {
      rememberFrom = 0
    },
    seenForState(cursor, isIncomplete) {
      // What cannot be remembered whole is remembered as far as the next sync reads it again.
      const everything = rememberFrom === 0 ? seen.forState(0) : undefined
      return everything ?? seen.forState(cursor, isIncomplete ? previous?.seen : {})
    },
    seconds,
    lateArrivals: () => lateArrivals,
    worstLag: () => worstLag,
    wasDelivered(answer, row) {
      const before = delivered.get(row.id)
      return before !== undefined && before === contentHash(answer, row.record, volatileMembers)
    },
    isNews(answer, row) {
      const updatedAt = row.updatedAt ?? frozen
      const before = delivered.get(row.id)
      if (updatedAt < rememberFrom && before === undefined) return true
      const hash = contentHash(answer, row.record, volatileMembers)
      if (seen.has(row.id, hash)) return false
      if (updatedAt >= rememberFrom) seen.remember(row.id, updatedAt, hash)
      if (before === undefined) noteLateArrival(row)
      return before !== hash
    },
    toJson: () => ({ seen: seen.toJson(), lateArrivals, worstLag }),
  }
}
