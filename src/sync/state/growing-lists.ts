import Type from 'typebox'
import { readStored, StoredDataError } from '../../stored/stored-data.ts'

/**
 * What a commit adds to a list that only grows. Such a list belongs to the position and is kept beside it: in the position
 * itself, all of it would be written again with every commit.
 */
export interface Growth {
  /** The stream whose list it is. */
  list: string
  /** Entries of the list before these; 0 begins it anew. */
  from: number
  /** JSON-safe. */
  entries: readonly unknown[]
}

/** A list that is part of a position and only grows; see `Growth`. */
export interface GrowingList {
  /** What the next commit has to add; undefined while the list is short enough for the position itself, or has not grown. */
  growth(): Omit<Growth, 'list'> | undefined
  /** The commit with this growth has been handed over. */
  grown(): void
}

/** The growing lists of an attempt, by stream. */
export interface GrowingLists {
  /**
   * The entries that earlier attempts have left.
   *
   * @param count how many there are, as the position says
   * @throws StoredDataError
   */
  restore(list: string, count: number): readonly unknown[]
  add(name: string, list: GrowingList): void
}

const GrowthSchema = Type.Object({
  list: Type.String(),
  from: Type.Integer({ minimum: 0 }),
  entries: Type.Array(Type.Unknown()),
})

/** The growing lists of an attempt, and what its commits add to them. */
export interface AttemptLists extends GrowingLists {
  /** Whether any list is kept beside the position, so that earlier versions cannot continue from it. */
  areThere(): boolean
  /** What the next commit has to add; undefined for nothing. */
  growth(): readonly Growth[] | undefined
  /** The commit with this growth has been handed over. */
  grown(): void
}

/** @param before what earlier commits of the job have added, in order @throws StoredDataError when it is damaged */
export function createGrowingLists(before: readonly unknown[]): AttemptLists {
  const kept = joinGrowth(before)
  const lists = new Map<string, GrowingList>()
  let areThere = kept.size > 0
  return {
    areThere: () => areThere,
    restore(list, count) {
      const entries = kept.get(list) ?? []
      if (entries.length === count) return entries
      throw new StoredDataError(`the position of ${list}`, `names ${count} entries, and ${entries.length} are kept`)
    },
    add: (name, list) => void lists.set(name, list),
    growth() {
      const all = [...lists].flatMap(([list, growing]) => {
        const growth = growing.growth()
        return growth ? [{ list, ...growth }] : []
      })
      areThere ||= all.length > 0
      return all.length > 0 ? all : undefined
    },
    grown() {
      for (const list of lists.values()) list.grown()
    },
  }
}

function joinGrowth(before: readonly unknown[]): Map<string, unknown[]> {
  const lists = new Map<string, unknown[]>()
  for (const piece of before) {
    const { list, from, entries } = readStored(GrowthSchema, piece, 'what a position has grown by')
    const known = from === 0 ? [] : (lists.get(list) ?? [])
    if (known.length !== from) throw new StoredDataError(`the position of ${list}`, 'lacks entries')
    for (const entry of entries) known.push(entry)
    lists.set(list, known)
  }
  return lists
}
