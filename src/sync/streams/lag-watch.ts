import type { Row } from '../pages/search-pages.ts'
import type { OverlapJson } from '../state/position-schema.ts'
import { reachedBy, type SearchState } from '../state/search-state.ts'

/** Notices records that search shows only after a sync has read past their time. */
export interface LagWatch {
  /** Of a record that is new to this sync: whether the last one should have shown it. */
  note(row: Row): void
  /** Records of this walk that were new although the last sync had read past their time. */
  lateArrivals(): number
  /** The latest that a record was ever seen to arrive in the index after its own time, seconds. */
  worst(): number
  /** The latest of this walk, when the last sync's overlap was hardly enough for it; else undefined. Seconds. */
  narrowEscape(): number | undefined
  toJson(): Pick<OverlapJson, 'lateArrivals' | 'worstLag' | 'latest'>
}

/** A lag of this share of the overlap means that others may have been longer than it. */
const NARROW_SHARE = 0.95

interface LagWatchInput {
  /** What the last sync left. */
  previous: SearchState | undefined
  /** Whether the last sync could not have the record: it is late by no fault of the index. */
  isAwaited: (row: Row) => boolean
  /** Whether the last sync is known not to have delivered this version of the record. */
  isUnknown: (row: Row) => boolean
  json: OverlapJson | undefined
}

export function createLagWatch({ previous, isAwaited, isUnknown, json }: LagWatchInput): LagWatch {
  const { readTo, began = readTo, walk, listedFrom } = previous ?? {}
  const reached = previous && reachedBy(previous)
  let lateArrivals = json?.lateArrivals ?? 0
  let worstLag = json?.worstLag ?? previous?.worstLag ?? 0
  let latest = json?.latest ?? 0

  return {
    note(row) {
      const { updatedAt } = row
      // What a list has left out is late by no fault of the index, either.
      if (walk || listedFrom !== undefined || reached === undefined || readTo === undefined || began === undefined)
        return
      if (updatedAt === undefined || updatedAt < reached || updatedAt >= readTo) return
      if (isAwaited(row) || !isUnknown(row)) return
      lateArrivals++
      // Its slice was read at the beginning of the sync or later, what came after that at its end.
      const lag = (updatedAt < began ? began : readTo) - updatedAt
      worstLag = Math.max(worstLag, lag)
      if (lag >= NARROW_SHARE * (began - reached)) latest = Math.max(latest, lag)
    },
    lateArrivals: () => lateArrivals,
    worst: () => worstLag,
    narrowEscape: () => (latest > 0 ? latest : undefined),
    toJson: () => ({ lateArrivals, worstLag, ...(latest > 0 && { latest }) }),
  }
}
