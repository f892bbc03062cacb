import { contentHash } from '../../intercom/text/content-hash.ts'
import type { ScannedAnswer } from '../../intercom/text/record-scanner.ts'
import { createBloomFilter } from '../delivered/bloom-filter.ts'
import { createSeen, recordVersionOf, type Seen, type Unmet } from '../delivered/seen.ts'
import type { Row } from '../pages/search-pages.ts'
import type { OverlapJson } from '../state/position-schema.ts'
import type { Remembered, SearchState } from '../state/search-state.ts'
import { createLagWatch } from './lag-watch.ts'

/**
 * The stretch of time that both this sync and the last one read, because the search index lags. A finished walk writes
 * its cursor behind the time up to which it has read. A record that is read again is delivered only if its content
 * changed.
 */
export interface Overlap {
  /** Whether a record has to be delivered. If it is young enough to be read again, it is remembered. */
  isNew(answer: ScannedAnswer, row: Row): boolean
  /** Whether the last sync delivered exactly this record; asking changes nothing. */
  wasDelivered(answer: ScannedAnswer, row: Row): boolean
  seen: Seen
  /** From now on every record is remembered, however old. */
  rememberAll(): void
  /**
   * What the next sync, which continues from `cursor` (Unix seconds), has to know about the records delivered.
   *
   * @param isIncomplete records that the last sync delivered and this one has not met may lie where nothing could be
   * read
   */
  rememberedFor(cursor: number, isIncomplete: boolean): Remembered
  /** How far behind its beginning this walk writes its cursor, seconds. Grows when records arrive late meanwhile. */
  seconds(): number
  /** Records of this walk that were new although the last sync had read past their time. */
  lateArrivals(): number
  /** The longest delay ever seen between a record's own time and its arrival in the index, seconds. */
  worstLag(): number
  /** The longest delay in this walk, if the last sync's overlap was hardly enough for it; else undefined. Seconds. */
  narrowEscape(): number | undefined
  toJson(): OverlapJson
}

interface OverlapOptions {
  /** The state that the last sync left. */
  previous: SearchState | undefined
  /** Start of the walk, Unix seconds. */
  frozen: number
  /** The stream's usual overlap, seconds. Grown if records have been seen to arrive later. */
  usualSeconds: number
  volatileMembers: readonly string[]
  /** Whether the last sync could not read the record: then the index is not the cause of the delay. */
  isAwaited: (row: Row) => boolean
  /** Notes a record as delivered. @returns whether this job has delivered this version of it before */
  isRepeat: (answer: ScannedAnswer, row: Row) => boolean
  json?: OverlapJson | undefined
}

/** The overlap is this many times the longest lag seen. */
const LAG_FACTOR = 2
/**
 * The records that a sync delivered were updated before the end of its reading, or at most this much later, seconds.
 */
const READING_MARGIN = 60
/** Later evidence may lower the start of a walk, and its cursor too. Up to this much, seconds, nothing is forgotten. */
const CLOCK_MARGIN = 60

export function createOverlap(options: OverlapOptions): Overlap {
  const { previous, frozen, volatileMembers, isAwaited, isRepeat, json } = options
  const delivered = new Map(Object.entries(previous?.seen ?? {}))
  const wasFiltered = previous?.seenFilter === undefined ? undefined : createBloomFilter(previous.seenFilter)
  const seen = createSeen(frozen, json?.seen)
  const lag = createLagWatch({ previous, isAwaited, isUnknown, json })

  const seconds = () => Math.max(options.usualSeconds, LAG_FACTOR * lag.worst())
  // A lag noted in this walk is no longer than the last overlap, so the overlap grows at most by the factor.
  const atFirst = Math.max(options.usualSeconds, LAG_FACTOR * (previous?.worstLag ?? 0))
  // The start may have been lowered since the earlier attempt. Records that the earlier attempt did not remember stay
  // unknown.
  let rememberFrom = json?.rememberFrom ?? frozen - (previous ? LAG_FACTOR : 1) * atFirst - CLOCK_MARGIN

  /** Whether we know that the last sync did not deliver this version of the record. */
  function isUnknown({ id, updatedAt }: Row): boolean {
    if (previous?.seen) return !delivered.has(id)
    return updatedAt !== undefined && wasFiltered !== undefined && !wasFiltered.mayHold(recordVersionOf(id, updatedAt))
  }

  /**
   * Records that the last sync delivered and this one has not met. The search may show a change at the record's old
   * place first, and at its new place only after this sync.
   */
  function unmetSince(time: number): ReadonlyMap<string, Unmet> {
    const latest = (previous?.readTo ?? 0) + READING_MARGIN
    const all = [...delivered].map(([id, hash]) => [id, { hash, until: previous?.unmet[id] ?? latest }] as const)
    return new Map(all.filter(([id, { until }]) => until >= time && !seen.knows(id)))
  }

  return {
    seen,
    rememberAll() {
      rememberFrom = 0
    },
    rememberedFor(cursor, isIncomplete) {
      // If not everything can be remembered, remember only the part that the next sync will read again.
      const unmet = unmetSince(isIncomplete ? 0 : cursor)
      const everything = rememberFrom === 0 ? seen.forState(0, unmet) : {}
      if (everything.seen) return everything
      return cursor < rememberFrom ? {} : seen.forState(cursor, unmet)
    },
    seconds,
    lateArrivals: lag.lateArrivals,
    worstLag: lag.worst,
    narrowEscape: lag.narrowEscape,
    wasDelivered(answer, row) {
      const before = delivered.get(row.id)
      return before !== undefined && before === contentHash(answer, row.record, volatileMembers)
    },
    isNew(answer, row) {
      const updatedAt = row.updatedAt ?? frozen
      const before = delivered.get(row.id)
      const isYoung = updatedAt >= rememberFrom
      const isRepeated = isRepeat(answer, row)
      if (!isYoung && before === undefined && !seen.knows(row.id)) {
        if (!isRepeated) lag.note(row)
        return !isRepeated
      }
      const hash = contentHash(answer, row.record, volatileMembers)
      // An older version after the newer one would stay in the destination. The search may show an old version at the
      // record's old place, and an answer may be taken after one that was requested later.
      if (seen.has(row.id, hash) || seen.knowsNewer(row.id, updatedAt)) return false
      if (isRepeated && seen.mayHaveForgotten(updatedAt)) return false
      const isNew = before !== hash
      // Remember it at any age. Otherwise a record that the last sync delivered differently would be new each time it
      // is met.
      if (isYoung || (isNew && before !== undefined)) seen.remember(row.id, updatedAt, hash)
      lag.note(row)
      return isNew
    },
    toJson: () => ({ seen: seen.toJson(), ...lag.toJson(), rememberFrom }),
  }
}
