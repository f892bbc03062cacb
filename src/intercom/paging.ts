/**
 * The cursor of the next page from an answer's `pages` member. Intercom writes `next` as an object with
 * `starting_after`, as a URL, as null, or leaves it out. Of a URL only the cursor is taken: no host is ever followed.
 */
export function nextCursor(pages: unknown): string | undefined {
  if (typeof pages !== 'object' || pages === null) return undefined
  const next = (pages as { next?: unknown }).next
  if (typeof next === 'string') return new URLSearchParams(next.split('?')[1] ?? '').get('starting_after') ?? undefined
  if (typeof next !== 'object' || next === null) return undefined
  const after = (next as { starting_after?: unknown }).starting_after
  return typeof after === 'string' && after !== '' ? after : undefined
}
