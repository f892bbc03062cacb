import type { Trouble } from '../programs/trouble.ts'
import type { NotedRequest } from './simulator.ts'
import { WINDOW_MS } from './use-of-limit.ts'

/** A sync that has had two windows since the trouble may be expected to be as fast as before. */
const WINDOWS_TO_RECOVER = 2

/**
 * How a sync gets over trouble.
 *
 * @param perWindow what Intercom allows in a window of 10 s
 */
export function useAfter(
  requests: readonly NotedRequest[],
  perWindow: number,
  { afterMs, forMs = 0 }: Trouble,
): Record<'refused' | 'usedAfterTrouble', number | undefined> {
  const counts = new Map<number, number>()
  for (const { time } of requests) {
    const window = Math.floor(time / WINDOW_MS)
    counts.set(window, (counts.get(window) ?? 0) + 1)
  }
  const over = (requests[0]?.time ?? Number.NaN) + afterMs + forMs
  const recovered = Math.floor(over / WINDOW_MS) + WINDOWS_TO_RECOVER
  const last = Math.max(...counts.keys())
  const after = Array.from({ length: Math.max(0, last - recovered) }, (_, place) => counts.get(recovered + place) ?? 0)
  // What the trouble has refused by itself is none of our doing: only what came beyond the limit counts.
  const beyondLimit = [...counts.values()].reduce((sum, count) => sum + Math.max(0, count - perWindow), 0)
  return {
    refused: beyondLimit / requests.length,
    usedAfterTrouble: after.length > 0 ? Math.min(...after, perWindow) / perWindow : undefined,
  }
}
