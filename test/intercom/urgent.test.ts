import { setMaxListeners } from 'node:events'
import t from 'tap'
import { RateLimit } from '../../simulator/serving/rate-limit.ts'
import { type Budget, createBudget } from '../../src/intercom/budget/budget.ts'
import { createEventClock } from '../histories/event-clock.ts'
import { distantStore, windowMs } from './budget-world.ts'
import { answerAt } from './limited-answer.ts'

const never = new AbortController().signal
setMaxListeners(0, never)
const perWindow = 200

/**
 * How long a request waits for its permit that comes in the middle of a window, when another worker with a hundred
 * requests has used what it may, ms; and how many requests were refused.
 */
async function waitBesideBulk(
  asked: Parameters<Budget['take']>[1],
): Promise<{ waitedMs: number; refused: number; mostPerWindow: number }> {
  const start = Date.UTC(2026, 0, 1) + 100
  const clock = createEventClock(start)
  const limit = new RateLimit(perWindow)
  const store = distantStore(clock)
  const counts = new Map<number, number>()
  const until = start + 5 * windowMs
  let refused = 0
  const send = async () => {
    const { window, isRefused, outcome } = answerAt(limit, perWindow, 'a-token', clock.now())
    if (isRefused) refused++
    counts.set(window, (counts.get(window) ?? 0) + 1)
    await clock.sleep(100)
    return outcome
  }
  const bulk = createBudget({ clock, random: () => 0.5, store, accessToken: 'a-token', member: 'bulk' })
  const lane = async () => {
    while (clock.now() < until) (await bulk.take(never)).end(await send())
  }
  const lanes = Promise.all(Array.from({ length: 100 }, lane))
  await clock.sleep(3.5 * windowMs)
  const other = createBudget({ clock, random: () => 0.5, store, accessToken: 'a-token', member: 'other' })
  const began = clock.now()
  const permit = await other.take(never, asked)
  const waitedMs = clock.now() - began
  permit.end(await send())
  other.close()
  await lanes
  bulk.close()
  return { waitedMs, refused, mostPerWindow: Math.max(...counts.values()) }
}

t.test('an urgent request goes before the bulk of another worker, and takes from nobody', async (t) => {
  const bulk = await waitBesideBulk({})
  t.ok(bulk.waitedMs > 1000, `${bulk.waitedMs} ms: the bulk has left nothing`)
  const urgent = await waitBesideBulk({ isUrgent: true })
  t.ok(urgent.waitedMs < 50, `${urgent.waitedMs} ms`)
  t.equal(urgent.refused, 0)
  t.equal(urgent.mostPerWindow, perWindow, 'the limit is used up all the same')
})
