/**
 * The number of the next page from an answer's `pages` member, where Intercom writes `next` as a URL or as an object with
 * `page`; undefined on the last page. Only the number is taken from a URL, so no answer leads us to another host.
 */
function nextPage(pages: unknown): number | undefined {
  if (typeof pages !== 'object' || pages === null) return undefined
  const { next } = pages as { next?: unknown }
  const page =
    typeof next === 'string' ? queryOf(next).get('page') : (next as { page?: unknown } | null | undefined)?.page
  const number = Number(page ?? Number.NaN)
  return Number.isInteger(number) && number > 0 ? number : undefined
}

function queryOf(url: string): URLSearchParams {
  return new URLSearchParams(url.split('?')[1] ?? '')
}

/**
 * The cursor of the next page from an answer's `pages` member. Intercom writes `next` as an object with
 * `starting_after`, as a URL, as null, or leaves it out. Only the cursor is taken from a URL, as above.
 */
export function nextCursor(pages: unknown): string | undefined {
  if (typeof pages !== 'object' || pages === null) return undefined
  const next = (pages as { next?: unknown }).next
  if (typeof next === 'string') return queryOf(next).get('starting_after') ?? undefined
  if (typeof next !== 'object' || next === null) return undefined
  const after = (next as { starting_after?: unknown }).starting_after
  return typeof after === 'string' && after !== '' ? after : undefined
}

/** The time that events of the next page are older than, from the URL of that page. */
function nextBefore(pages: unknown): string | undefined {
  const { next } = { ...(pages as { next?: unknown } | null | undefined) }
  return typeof next === 'string' ? (queryOf(next).get('before') ?? undefined) : undefined
}

/** A sort value from here on is in ms, as all times in cursors are. Seconds reach it in the year 5138. */
const SMALLEST_MS = 100_000_000_000

/**
 * The second at which a page ends in the search's own order, read from the cursor of the next page. Intercom's cursors
 * are base64 of `[sort value in ms, id, page]`. Undefined for a cursor of another form, or without a time.
 */
export function cursorSecond(cursor: string): number | undefined {
  let value: unknown
  try {
    value = JSON.parse(Buffer.from(cursor, 'base64').toString('utf8'))
  } catch {
    return undefined
  }
  const ms = Array.isArray(value) ? Number(value[0] ?? Number.NaN) : Number.NaN
  return ms >= SMALLEST_MS ? Math.floor(ms / 1000) : undefined
}

/** The `pages` member of an answer; newer lists write what it holds beside their records instead. */
export function pagesMember(envelope: (name: string) => unknown): unknown {
  return envelope('pages') ?? { page: envelope('page'), total_pages: envelope('total_pages') }
}

/** How to ask for the next page: by the cursor, the time or the number that Intercom names, else by the next number. */
export function nextPageQuery(pages: unknown): Record<string, string> | undefined {
  const cursor = nextCursor(pages)
  if (cursor !== undefined) return { starting_after: cursor }
  const before = nextBefore(pages)
  if (before !== undefined) return { before }
  const { page, total_pages: last } = { ...(pages as { page?: unknown; total_pages?: unknown } | null | undefined) }
  const following = typeof page === 'number' && typeof last === 'number' && page < last ? page + 1 : undefined
  const number = nextPage(pages) ?? following
  return number === undefined ? undefined : { page: String(number) }
}

/** How many records a full page holds, from an answer's `pages` member; Intercom writes it as a number or as a text. */
export function pageSizeOf(pages: unknown): number | undefined {
  const size = Number((pages as { per_page?: unknown } | null | undefined)?.per_page ?? Number.NaN)
  return Number.isInteger(size) && size > 0 ? size : undefined
}

/** How many pages there are, from an answer's `pages` member. */
export function pageCountOf(pages: unknown): number | undefined {
  const count = Number((pages as { total_pages?: unknown } | null | undefined)?.total_pages ?? Number.NaN)
  return Number.isInteger(count) && count > 0 ? count : undefined
}
