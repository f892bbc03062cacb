import type { LimitCell } from './cells.ts'
import type { NotedRequest } from './read-cell.ts'

const WINDOW_MS = 10_000

/** How requests lie in Intercom's windows, which begin at round tens of seconds. */
export function useOf(requests: readonly NotedRequest[], { limit, latencyMs, needed }: LimitCell) {
  const perWindow = new Map<number, number>()
  for (const { time } of requests) {
    const window = Math.floor(time / WINDOW_MS)
    perWindow.set(window, (perWindow.get(window) ?? 0) + 1)
  }
  const windows = [...perWindow.values()]
  const whole = windows.slice(1, -1)
  const first = requests[0]?.time ?? Number.NaN
  const last = (requests.at(-1)?.time ?? Number.NaN) + latencyMs
  const secondWindow = (Math.floor(first / WINDOW_MS) + 1) * WINDOW_MS
  const later = requests.filter(({ time }) => time >= secondWindow).length
  const idealMs = (count: number) => (count / limit) * WINDOW_MS
  return {
    windows,
    used: whole.length > 0 ? rounded(sum(whole) / (whole.length * limit)) : undefined,
    refused: rounded(requests.filter(({ status }) => status === 429).length / requests.length),
    seconds: rounded((last - first) / 1000),
    timesIdeal: rounded((last - first) / idealMs(requests.length)),
    afterFirst: whole.length > 0 ? rounded((last - secondWindow) / idealMs(later)) : undefined,
    // Lists that Intercom has cut in a contact take a request each.
    beyond: rounded(
      (requests.length - requests.filter(({ route }) => route.startsWith('/contacts/:id/')).length) / needed - 1,
    ),
  }
}

const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0)

const rounded = (figure: number) => Number(figure.toFixed(3))
