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
  /** What has been added since the last `keep()`, as a `FingerprintList` gives it. */
  added(): Buffer
  /** Everything added so far is durable now. */
  keep(): void
  /** Removes everything added since the last `keep()`: it never reached the log. */
  takeBack(): void
}

/** Collects fingerprints without looking at them, to be kept elsewhere: twelve bytes each. */
interface FingerprintList {
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
  /** The words of the fingerprints that were added since the last `keep()`. */
  let added = new Uint32Array(FIRST_SLOTS)
  let addedWords = 0

  /** Finds the fingerprint's slot, or the empty one where it belongs; three zero words are an empty slot. */
  function find(first: number, second: number, third: number, within: Uint32Array, count: number): number {
    let slot = first & (count - 1)
    for (;;) {
      const at = slot * WORDS
      const word = within[at + 2]
      // No third word is zero, see `insert`.
      if (word === 0 || (word === third && within[at] === first && within[at + 1] === second)) return at
      slot = (slot + 1) & (count - 1)
    }
  }

  /** Moves all fingerprints to a table with so many slots. The slot of each depends on those inserted before it. */
  function rebuild(count: number): void {
    const rebuilt = new Uint32Array(count * WORDS)
    for (let at = 0; at < table.length; at += WORDS) {
      const [first = 0, second = 0, third = 0] = [table[at], table[at + 1], table[at + 2]]
      if (third !== 0) put(rebuilt, find(first, second, third, rebuilt, count), first, second, third)
    }
    slots = count
    table = rebuilt
  }

  function insert(first: number, second: number, anyThird: number): boolean {
    const third = (anyThird | 1) >>> 0
    const at = find(first, second, third, table, slots)
    if (table[at + 2] !== 0) return false
    put(table, at, first, second, third)
    if (addedWords + WORDS > added.length) added = twiceAsLong(added)
    put(added, addedWords, first, second, third)
    addedWords += WORDS
    size++
    if (size > slots * 0.7) rebuild(slots * 2)
    return true
  }

  return {
    add(streamName, text) {
      const digest = digestOf(streamName, text)
      return insert(wordAt(digest, 0), wordAt(digest, 4), wordAt(digest, 8))
    },
    addAll(list) {
      for (let at = 0; at + BYTES <= list.length; at += BYTES)
        insert(list.readUInt32LE(at), list.readUInt32LE(at + 4), list.readUInt32LE(at + 8))
    },
    added() {
      const bytes = Buffer.allocUnsafe(4 * addedWords)
      for (let place = 0; place < addedWords; place++) bytes.writeUInt32LE(added[place] ?? 0, 4 * place)
      return bytes
    },
    keep() {
      addedWords = 0
    },
    takeBack() {
      if (addedWords === 0) return
      // Find all slots before clearing the first: a gap would hide the fingerprints behind it.
      const places: number[] = []
      for (let at = 0; at < addedWords; at += WORDS)
        places.push(find(added[at] ?? 0, added[at + 1] ?? 0, added[at + 2] ?? 0, table, slots))
      for (const at of places) table.fill(0, at, at + WORDS)
      size -= places.length
      addedWords = 0
      rebuild(slots)
    },
  }
}

function twiceAsLong(words: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const longer = new Uint32Array(2 * words.length)
  longer.set(words)
  return longer
}

function put(table: Uint32Array, at: number, first: number, second: number, third: number): void {
  table[at] = first
  table[at + 1] = second
  table[at + 2] = third
}

export function createFingerprintList(): FingerprintList {
  const digests: string[] = []
  return {
    add(streamName, text) {
      digests.push(digestOf(streamName, text).slice(0, BYTES))
      return true
    },
    bytes: () => Buffer.from(digests.join(''), 'latin1'),
  }
}

/** Where a name and a text are put together. Both are done with before anything else is. */
const scratch = Buffer.allocUnsafeSlow(16 * 1024)

/**
 * A SHA-256 digest, one character for each byte: a Buffer for each record, or an object that hashes, costs more than the
 * hashing.
 */
function digestOf(streamName: string, text: string | Buffer): string {
  if (typeof text === 'string') return hash('sha256', `${streamName}\0${text}`, 'binary')
  const start = `${streamName}\0`
  if (Buffer.byteLength(start) + text.length > scratch.length)
    return createHash('sha256').update(start).update(text).digest('binary')
  const at = scratch.write(start)
  return hash('sha256', scratch.subarray(0, at + text.copy(scratch, at)), 'binary')
}

/** Four characters of a digest, as a number. */
function wordAt(digest: string, at: number): number {
  const [first, second] = [digest.charCodeAt(at), digest.charCodeAt(at + 1)]
  const [third, fourth] = [digest.charCodeAt(at + 2), digest.charCodeAt(at + 3)]
  return (first | (second << 8) | (third << 16) | (fourth << 24)) >>> 0
}
