import type { GrowingList } from '../state/growing-lists.ts'
import type { SeenEntry, SeenJson } from '../state/position-schema.ts'
import type { Remembered } from '../state/search-state.ts'
import { type BloomFilter, createBloomFilter } from './bloom-filter.ts'

/**
 * What a walk has delivered from the most recent stretch of time. The stretch is read again between the passes of the
 * tail, and between this sync and the next (the search index lags, so syncs overlap). Then only changed records are
 * delivered.
 */
export interface Seen extends GrowingList {
  /** Whether exactly this content of the record was delivered already. */
  has(id: string, hash: string): boolean
  /** Whether the record was delivered in any form, as far as is known. */
  knows(id: string): boolean
  /** Whether a later version of the record is remembered. */
  knowsNewer(id: string, updatedAt: number): boolean
  remember(id: string, updatedAt: number, hash: string): void
  /** From now on the record counts as not delivered. */
  forget(id: string): void
  /** Records updated at or after this time must not be forgotten, however many they are. */
  protectFrom(time: number): void
  /** Records updated up to this time may have been delivered without being remembered here. */
  missUpTo(time: number): void
  /** Whether a record of this time may have been delivered and forgotten. */
  mayHaveForgotten(updatedAt: number): boolean
  /**
   * What the next sync has to know about the records updated at or after `cursor`.
   *
   * @param unmet records that the last sync delivered and this one has not met, added where there is room
   */
  forState(cursor: number, unmet: ReadonlyMap<string, Unmet>): Remembered
  toJson(): SeenJson
}

/** A record that an earlier sync delivered and this one has not met. */
export interface Unmet {
  hash: string
  /** The record was updated then or earlier, Unix seconds. */
  until: number
}

/** So many records fit into a state. */
export const MOST_ENTRIES = 2000
const MOST_BYTES = 128 * 1024
/** When there are more than so many, they are kept beside the position; see `Growth`. */
const MOST_IN_POSITION = 2 * MOST_ENTRIES

/** How a filter names a version of a record. */
export function recordVersionOf(id: string, updatedAt: number): string {
  return `${id} ${updatedAt}`
}

/** @param frozen start of the walk, Unix seconds: slices share no record, so nothing older is met twice */
export function createSeen(frozen: number, json?: SeenJson): Seen {
  const entries = new Map<string, { updatedAt: number; hash: string }>()
  for (const [id, updatedAt, hash] of json?.entries ?? []) {
    if (hash === '') entries.delete(id)
    else entries.set(id, { updatedAt, hash })
  }
  /** Entries kept beside the position, and those that the next commit adds to them; undefined while none are there. */
  let apart = json?.apart === undefined ? undefined : { kept: json.apart, added: [] as SeenEntry[] }
  let protectedFrom = json?.protectedFrom ?? frozen
  let forgottenTo = json?.forgottenTo ?? -1
  let unknownTo = json?.unknownTo ?? -1
  let filter: BloomFilter | undefined = json?.filter === undefined ? undefined : createBloomFilter(json.filter)
  let forgetAbove = MOST_IN_POSITION

  /** Makes room: the oldest go first, as they are the likeliest to fall behind the final cursor. */
  function makeRoom(): void {
    filter ??= createBloomFilter()
    const oldestFirst = [...entries].sort(([, one], [, other]) => one.updatedAt - other.updatedAt)
    for (const [id, { updatedAt }] of oldestFirst.slice(0, -MOST_ENTRIES)) {
      if (updatedAt >= protectedFrom) break
      entries.delete(id)
      apart?.added.push([id, updatedAt, ''])
      filter.add(recordVersionOf(id, updatedAt))
      forgottenTo = Math.max(forgottenTo, updatedAt)
    }
    forgetAbove = Math.max(MOST_IN_POSITION, 2 * entries.size)
  }

  const listed = () => [...entries].map(([id, { updatedAt, hash }]): SeenEntry => [id, updatedAt, hash])

  return {
    has: (id, hash) => entries.get(id)?.hash === hash,
    knows: (id) => entries.has(id),
    knowsNewer: (id, updatedAt) => (entries.get(id)?.updatedAt ?? updatedAt) > updatedAt,
    remember(id, updatedAt, hash) {
      entries.set(id, { updatedAt, hash })
      apart?.added.push([id, updatedAt, hash])
      if (entries.size > forgetAbove) makeRoom()
      if (entries.size > MOST_IN_POSITION) apart ??= { kept: 0, added: listed() }
    },
    forget(id) {
      if (entries.delete(id)) apart?.added.push([id, 0, ''])
    },
    missUpTo(time) {
      forgottenTo = Math.max(forgottenTo, time)
      unknownTo = Math.max(unknownTo, time)
    },
    mayHaveForgotten: (updatedAt) => updatedAt <= forgottenTo,
    protectFrom(time) {
      protectedFrom = time
    },
    forState(cursor, unmet) {
      if (unknownTo >= cursor) return {}
      const kept = [...entries].filter(([, { updatedAt }]) => updatedAt >= cursor)
      const own = hashesOf(kept)
      const isWhole = forgottenTo < cursor
      const others = [...unmet].filter(([id]) => !Object.hasOwn(own, id))
      const both = { ...hashesOf(others), ...own }
      if (isWhole && others.length > 0 && fitsState(both))
        return { seen: both, unmet: Object.fromEntries(others.map(([id, { until }]) => [id, until])) }
      if (isWhole && fitsState(own)) return { seen: own }
      const all = createBloomFilter(filter?.toText())
      for (const [id, { updatedAt }] of kept) all.add(recordVersionOf(id, updatedAt))
      return { seenFilter: all.toText() }
    },
    toJson: () => ({
      entries: apart ? [] : listed(),
      ...(apart && { apart: apart.kept + apart.added.length }),
      protectedFrom,
      forgottenTo,
      ...(unknownTo >= 0 && { unknownTo }),
      ...(filter && { filter: filter.toText() }),
    }),
    growth: () => (apart && apart.added.length > 0 ? { from: apart.kept, entries: apart.added } : undefined),
    grown() {
      if (apart) apart = { kept: apart.kept + apart.added.length, added: [] }
    },
  }
}

function hashesOf(records: readonly [id: string, { hash: string }][]): Record<string, string> {
  return Object.fromEntries(records.map(([id, { hash }]) => [id, hash]))
}

function fitsState(hashes: Readonly<Record<string, string>>): boolean {
  return Object.keys(hashes).length <= MOST_ENTRIES && JSON.stringify(hashes).length <= MOST_BYTES
}
