import type { SortKey } from './sort-key.ts'

/** Where a page begins: after this key. */
export interface Cursor {
  key: SortKey
  /** The number of the page it leads to, from 2. */
  page: number
}

/** Cursors are base64 of the JSON `[sort value, id, page]`: all there is to know, so the server keeps nothing. */
export function encodeCursor({ key, page }: Cursor): string {
  return Buffer.from(JSON.stringify([key.value, key.id, page])).toString('base64')
}

/** `undefined` when the text is no cursor. */
export function decodeCursor(text: string): Cursor | undefined {
  let parts: unknown
  try {
    parts = JSON.parse(Buffer.from(text, 'base64').toString())
  } catch {
    return undefined
  }
  if (!Array.isArray(parts) || parts.length !== 3) return undefined
  const [value, id, page] = parts as unknown[]
  if ((typeof value !== 'number' && typeof value !== 'string') || typeof id !== 'string') return undefined
  if (typeof page !== 'number' || !Number.isInteger(page) || page < 1) return undefined
  return { key: { value, id }, page }
}
