import { createHash, hash } from 'node:crypto'

/**
 * A set of 96-bit fingerprints of records that are already in the job's log. Some walks can meet a record twice (a
 * scroll that starts again, the parts of a conversation that moved). They deliver only records that are not in the set.
 * It is kept in flat memory: ten million fingerprints take at most 240 MB, where a `Set` of strings would take a
 * gigabyte.
 */
export interface Fingerprints {
  /** Adds the fingerprint of a record as delivered. @returns false when it was there already */
  add(streamName: string, text: string | Buffer): boolean
  /** Adds those that a `FingerprintList` has collected. */
  addAll(list: Buffer): void
  /** Everything added so far is durable now. */
  keep(): void
  /** Removes everything added since the last `keep()`: it never reached the log. */
  takeBack(): void
}

/** Collects fingerprints without looking at them, to be kept elsewhere: twelve bytes each. */
export interface FingerprintList {
  /** @returns whether it is new, which a list does not know */
  add(streamName: string, text: string | Buffer): true
  bytes(): Buffer
}

const WORDS = 3
const BYTES = 4 * WORDS
const FIRST_SLOTS = 1024

export function createFingerprints(): Fingerprints {
  let slots = FIRST_SLOTS
  let table = new Uint32Array(slots * WORDS)
  let size = 0
  let added: Uint32Array[] = []

  /** Finds the fingerprint's slot, or the empty one where it belongs; three zero words are an empty slot. */
  function find(words: Uint32Array, within: Uint32Array, count: number): number {
    let slot = (words[0] ?? 0) & (count - 1)
    for (;;) {
      const at = slot * WORDS
      const [first, second, third] = [within[at], within[at + 1], within[at + 2]]
      if (first === 0 && second === 0 && third === 0) return at
      if (first === words[0] && second === words[1] && third === words[2]) return at
      slot = (slot + 1) & (count - 1)
    }
  }

  /** Moves all fingerprints to a table with so many slots. The slot of each depends on those inserted before it. */
  function rebuild(count: number): void {
    const rebuilt = new Uint32Array(count * WORDS)
    for (let at = 0; at < table.length; at += WORDS) {
      const words = table.subarray(at, at + WORDS)
      if (words[0] !== 0 || words[1] !== 0 || words[2] !== 0) rebuilt.set(words, find(words, rebuilt, count))
    }
    slots = count
    table = rebuilt
  }

  function insert(digest: Buffer): boolean {
    const words = new Uint32Array([digest.readUInt32LE(0), digest.readUInt32LE(4), digest.readUInt32LE(8) | 1])
    const at = find(words, table, slots)
    if (table[at + 2] !== 0) return false
    table.set(words, at)
    added.push(words)
    size++
    if (size > slots * 0.7) rebuild(slots * 2)
    return true
  }

  return {
    add: (streamName, text) => insert(digestOf(streamName, text)),
    addAll(list) {
      for (let at = 0; at + BYTES <= list.length; at += BYTES) insert(list.subarray(at, at + BYTES))
    },
    keep() {
      added = []
    },
    takeBack() {
      if (added.length === 0) return
      // Find all slots before clearing the first: a gap would hide the fingerprints behind it.
      for (const at of added.map((words) => find(words, table, slots))) table.fill(0, at, at + WORDS)
      size -= added.length
      added = []
      rebuild(slots)
    },
  }
}

export function createFingerprintList(): FingerprintList {
  const digests: Buffer[] = []
  return {
    add(streamName, text) {
      digests.push(digestOf(streamName, text).subarray(0, BYTES))
      return true
    },
    bytes: () => Buffer.concat(digests),
  }
}

function digestOf(streamName: string, text: string | Buffer): Buffer {
  // For short texts most of the time goes into making a hash object, and there is one for each record.
  if (typeof text === 'string') return hash('sha256', `${streamName}\0${text}`, 'buffer')
  return createHash('sha256').update(`${streamName}\0`).update(text).digest()
}
