import type { Column } from '../benchmark.ts'
import type { NotedRequest } from './simulator.ts'

export const WINDOW_MS = 10_000

/** What Intercom allows, and how long it takes. */
export interface Limit {
  /** Requests per window of 10 s, of all tokens together. */
  perWindow: number
  latencyMs: number
}

/**
 * How requests lie in Intercom's windows, which begin at round tens of seconds.
 *
 * @param needed requests without which the records cannot be had; undefined: nobody has counted them
 */
export function useOf(requests: readonly NotedRequest[], { perWindow, latencyMs }: Limit, needed?: number) {
  const counts = new Map<number, number>()
  for (const { time, status } of requests) {
    // What was refused has used nothing.
    if (status === 429) continue
    const window = Math.floor(time / WINDOW_MS)
    counts.set(window, (counts.get(window) ?? 0) + 1)
  }
  const windows = [...counts].toSorted(([left], [right]) => left - right)
  const whole = windows.slice(1, -1).map(([, count]) => count)
  const first = requests[0]?.time ?? Number.NaN
  const last = (requests.at(-1)?.time ?? Number.NaN) + latencyMs
  const secondWindow = (Math.floor(first / WINDOW_MS) + 1) * WINDOW_MS
  const later = requests.filter(({ time }) => time >= secondWindow).length
  const idealMs = (count: number) => (count / perWindow) * WINDOW_MS
  // Lists that Intercom has cut in a contact take a request each, and nobody can say before how many there are.
  const countable = requests.filter(({ route }) => !route.startsWith('/contacts/:id/')).length
  return {
    requests: requests.length,
    windows: windows.length,
    used: whole.length > 0 ? whole.reduce((sum, count) => sum + count, 0) / (whole.length * perWindow) : undefined,
    leastUsed: whole.length > 0 ? Math.min(...whole) / perWindow : undefined,
    refused: requests.filter(({ status }) => status === 429).length / requests.length,
    seconds: (last - first) / 1000,
    timesIdeal: (last - first) / idealMs(requests.length),
    timesIdealLater: whole.length > 0 ? (last - secondWindow) / idealMs(later) : undefined,
    secondsAfterFirst: (last - first - latencyMs) / 1000,
    beyond: needed === undefined ? undefined : countable / needed - 1,
  }
}

/** How the figures above are shown. */
export const useColumns: readonly Column[] = [
  { figure: 'requests', heading: 'Requests', digits: 0 },
  { figure: 'windows', heading: 'Windows', digits: 0 },
  { figure: 'used', heading: 'Used, %', factor: 100, digits: 1 },
  { figure: 'leastUsed', heading: 'at least', factor: 100, digits: 1 },
  { figure: 'refused', heading: 'Refused, %', factor: 100, digits: 2 },
  { figure: 'timesIdeal', heading: 'Times ideal', digits: 2 },
  { figure: 'timesIdealLater', heading: 'later', digits: 2 },
  { figure: 'secondsAfterFirst', heading: 'After the first answer, s', digits: 1 },
  { figure: 'beyond', heading: 'Beyond, %', factor: 100, digits: 1 },
]
