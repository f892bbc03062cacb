import type { NotedRequest } from './simulator.ts'

/** The streams that have hundreds of requests to make side by side, by the routes that only they ask for. */
const streams = {
  contacts: /^\/contacts\//,
  conversations: /^\/conversations\//,
  company_segments: /^\/companies\/:id\/segments$/,
} as const

const SCROLL = '/companies/scroll'

/**
 * How streams share the limit, while all of them have something to ask for: from the first request of the last one to
 * begin, to the last request of the first one to end.
 */
export function sharesOf(
  requests: readonly NotedRequest[],
  latencyMs: number,
): Record<'slowestShare' | 'scrollGapMs', number | undefined> {
  const each = Object.values(streams).map((route) => requests.filter((request) => route.test(request.route)))
  const from = Math.max(...each.map((ones) => ones[0]?.time ?? Number.NaN))
  const to = Math.min(...each.map((ones) => ones.at(-1)?.time ?? Number.NaN))
  const counts = each.map((ones) => ones.filter(({ time }) => time >= from && time <= to).length)
  const fair = counts.reduce((sum, count) => sum + count, 0) / counts.length
  const scroll = requests.filter(({ route }) => route === SCROLL).map(({ time }) => time)
  // The next page can be asked for when the answer to the last one has come.
  const gaps = scroll.slice(1).map((time, place) => time - (scroll[place] ?? Number.NaN) - latencyMs)
  return {
    slowestShare: to > from ? Math.min(...counts) / fair : undefined,
    scrollGapMs: gaps.length > 0 ? Math.max(...gaps) : undefined,
  }
}
