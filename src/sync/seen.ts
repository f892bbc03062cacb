/**
 * What a walk has delivered of the last stretch of time, so that reading the stretch again delivers only what changed:
 * between the rounds of the tail, and between this sync and the next (the search index lags, so syncs overlap).
 */
export interface Seen {
  /** Whether this very content of the record was delivered already. */
  has(id: string, hash: string): boolean
  remember(id: string, updatedAt: number, hash: string): void
  /** Records updated at or after this time must not be forgotten, however many they are. */
  protectFrom(time: number): void
  /** Records updated up to this time may have been delivered without being remembered here. */
  missUpTo(time: number): void
  /**
   * Hashes by id of the records updated at or after `cursor`; undefined when they are too many for a state or not all
   * known.
   *
   * @param others hashes to add as far as there is room. @defaultValue none
   */
  forState(cursor: number, others?: Readonly<Record<string, string>>): Record<string, string> | undefined
  toJson(): SeenJson
}

export interface SeenJson {
  /** `[updatedAt, hash]` by id. */
  entries: [id: string, updatedAt: number, hash: string][]
  protectedFrom: number
  /** Time of the youngest record forgotten for lack of room, or never known here. */
  forgottenTo: number
}

/** Records that a state can remember. */
export const MOST_ENTRIES = 2000
const MOST_BYTES = 128 * 1024

/** @param frozen start of the walk: slices share no record, so nothing older is met twice. Unix seconds */
export function createSeen(frozen: number, json?: SeenJson): Seen {
  const entries = new Map<string, { updatedAt: number; hash: string }>()
  for (const [id, updatedAt, hash] of json?.entries ?? []) entries.set(id, { updatedAt, hash })
  let protectedFrom = json?.protectedFrom ?? frozen
  let forgottenTo = json?.forgottenTo ?? -1
  let forgetAbove = 2 * MOST_ENTRIES

  /** Makes room: the oldest go first, as they are the likeliest to fall behind the final cursor. */
  function forget(): void {
    const oldestFirst = [...entries].sort(([, one], [, other]) => one.updatedAt - other.updatedAt)
    for (const [id, { updatedAt }] of oldestFirst.slice(0, -MOST_ENTRIES)) {
      if (updatedAt >= protectedFrom) break
      entries.delete(id)
      forgottenTo = Math.max(forgottenTo, updatedAt)
    }
    forgetAbove = Math.max(2 * MOST_ENTRIES, 2 * entries.size)
  }

  return {
    has: (id, hash) => entries.get(id)?.hash === hash,
    remember(id, updatedAt, hash) {
      entries.set(id, { updatedAt, hash })
      if (entries.size > forgetAbove) forget()
    },
    missUpTo(time) {
      forgottenTo = Math.max(forgottenTo, time)
    },
    protectFrom(time) {
      protectedFrom = time
    },
    forState(cursor, others = {}) {
      if (forgottenTo >= cursor) return undefined
      const kept = [...entries].filter(([, { updatedAt }]) => updatedAt >= cursor).map(([id, { hash }]) => [id, hash])
      const own = Object.fromEntries(kept) as Record<string, string>
      return [{ ...others, ...own }, own].find(fitsState)
    },
    toJson: () => ({
      entries: [...entries].map(([id, { updatedAt, hash }]) => [id, updatedAt, hash]),
      protectedFrom,
      forgottenTo,
    }),
  }
}

function fitsState(hashes: Readonly<Record<string, string>>): boolean {
  return Object.keys(hashes).length <= MOST_ENTRIES && JSON.stringify(hashes).length <= MOST_BYTES
}
