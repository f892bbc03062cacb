import { createHash } from 'node:crypto'

/** Characters of an id's digest: 48 bits, so among 16,000 ids two are alike once in two million states. */
const DIGITS = 8
/** So many ids fit into a state. */
const MOST_TOLD = 16_384

/** The records whose tombstones have been delivered, so that each comes once. */
export interface Told {
  has(id: string): boolean
  add(id: string): void
  delete(id: string): void
  /** Undefined when there are more than fit into a state: then their tombstones come again. */
  toText(): string | undefined
}

/** @param text the result of `toText()`. @defaultValue nothing */
export function createTold(text = ''): Told {
  const digests = new Set<string>()
  for (let at = 0; at + DIGITS <= text.length; at += DIGITS) digests.add(text.slice(at, at + DIGITS))
  return {
    has: (id) => digests.has(digestOf(id)),
    add: (id) => void digests.add(digestOf(id)),
    delete: (id) => void digests.delete(digestOf(id)),
    toText: () => (digests.size > MOST_TOLD ? undefined : [...digests].sort().join('')),
  }
}

function digestOf(id: string): string {
  return createHash('sha256').update(id).digest('base64url').slice(0, DIGITS)
}
