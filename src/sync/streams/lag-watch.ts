import type { Row } from '../pages/search-pages.ts'
import type { OverlapJson } from '../state/position-schema.ts'
import { reachedBy, type SearchState } from '../state/search-state.ts'

/** Notices records that the search shows only after a sync has read past their time. */
interface LagWatch {
  /** Notes a record that is new to this sync, and checks whether the last sync should have seen it. */
  note(row: Row): void
  /** Records of this walk that were new although the last sync had read past their time. */
  lateArrivals(): number
  /** The longest delay ever seen between a record's own time and its arrival in the index, seconds. */
  worst(): number
  /** The longest delay in this walk, if the last sync's overlap was hardly enough for it; else undefined. Seconds. */
  narrowEscape(): number | undefined
  toJson(): Pick<OverlapJson, 'lateArrivals' | 'worstLag' | 'latest'>
}

/** A lag of this share of the overlap suggests that other lags may have been longer than the overlap. */
const NARROW_SHARE = 0.95

interface LagWatchInput {
  /** The state that the last sync left. */
  previous: SearchState | undefined
  /** Whether the last sync could not read the record: then the index is not the cause of the delay. */
  isAwaited: (row: Row) => boolean
  /** Whether we know that the last sync did not deliver this version of the record. */
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
      // If a list has left the record out, the index is not the cause of the delay, either.
      if (walk || listedFrom !== undefined || reached === undefined || readTo === undefined || began === undefined)
        return
      if (updatedAt === undefined || updatedAt < reached || updatedAt >= readTo) return
      if (isAwaited(row) || !isUnknown(row)) return
      lateArrivals++
      // Records from before the sync began were read with their slice, at the beginning or later. Younger ones were
      // read at its end.
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
