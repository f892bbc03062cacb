import { createRandom, integerBetween } from '../random.ts'
import type { SortKey } from './sort-key.ts'

/** Where a page begins: after this key. */
export interface Cursor {
  key: SortKey
  /** The number of the page it leads to, from 2. */
  page: number
}

/** Opaque cursors begin with this. */
const opaqueMark = 'opq_'

/**
 * Cursors are base64 of the JSON `[sort value, id, page]`. They contain everything, so the server stores nothing.
 *
 * @param isOpaque whether nobody else must be able to read it
 */
export function encodeCursor({ key, page }: Cursor, isOpaque = false): string {
  const bytes = Buffer.from(JSON.stringify([key.value, key.id, page]))
  return isOpaque ? opaqueMark + scrambled(bytes).toString('hex') : bytes.toString('base64')
}

export const isOpaqueCursor = (text: string): boolean => text.startsWith(opaqueMark)

/** Applied twice, it returns the original bytes. */
function scrambled(bytes: Buffer): Buffer {
  const random = createRandom(0x0aa9, bytes.length)
  return bytes.map((byte) => byte ^ integerBetween(random, 0, 256)) as Buffer
}

function partsOf(text: string): unknown {
  const bytes = isOpaqueCursor(text)
    ? scrambled(Buffer.from(text.slice(opaqueMark.length), 'hex'))
    : Buffer.from(text, 'base64')
  return JSON.parse(Buffer.from(bytes).toString())
}

/** `undefined` when the text is not a cursor. */
export function decodeCursor(text: string): Cursor | undefined {
  let parts: unknown
  try {
    parts = partsOf(text)
  } catch {
    return undefined
  }
  if (!Array.isArray(parts) || parts.length !== 3) return undefined
  const [value, id, page] = parts as unknown[]
  if ((typeof value !== 'number' && typeof value !== 'string') || typeof id !== 'string') return undefined
  if (typeof page !== 'number' || !Number.isInteger(page) || page < 1) return undefined
  return { key: { value, id }, page }
}
