import { randomBytes, randomUUID } from 'node:crypto'
import { setMaxListeners } from 'node:events'
import t from 'tap'
import { RateLimit } from '../../simulator/serving/rate-limit.ts'
import { type Budget, createBudget } from '../../src/intercom/budget/budget.ts'
import { createRedisBudgetStore } from '../../src/store/limits/redis-budget-store.ts'
import { encryptionKey } from '../../src/store/secrets/sealing.ts'
import { createEventClock } from '../support/event-clock.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { untilHolds } from '../support/polling.ts'
import { startRedis } from '../support/redis.ts'
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

t.test('over Redis an urgent request of one process goes before the bulk of another', async (t) => {
  const server = await startRedis(t)
  const keys = [encryptionKey('test', randomBytes(32))]
  // Early in a window, so that a share of it is kept.
  const clock = createManualClock(Date.UTC(2026, 0, 1) + 3000)
  const limit = new RateLimit(perWindow)
  const counts = new Map<number, number>()
  let refused = 0
  const send = () => {
    const { window, isRefused, outcome } = answerAt(limit, perWindow, 'a-token', clock.now())
    if (isRefused) refused++
    counts.set(window, (counts.get(window) ?? 0) + 1)
    return outcome
  }
  /** A process of its own: its own connection and its own view of the store. */
  const open = (member: string) => {
    const store = createRedisBudgetStore({ redis: server.connect(), keys, clock, createId: randomUUID })
    const budget = createBudget({ clock, random: () => 0.5, store, accessToken: 'a-token', member })
    t.teardown(() => budget.close())
    return budget
  }
  const bulk = open('bulk')
  const stop = new AbortController()
  setMaxListeners(0, stop.signal)
  const lane = async () => {
    for (;;) (await bulk.take(stop.signal)).end(send())
  }
  /** Moves on in small steps, far less than to the end of the window. */
  const untilWaiting = (budget: Budget) =>
    untilHolds(() => {
      clock.advance(10)
      return budget.waitingUntil() !== undefined
    })
  const lanes = Promise.allSettled(Array.from({ length: 20 }, lane))
  await untilWaiting(bulk)
  const [window = 0] = counts.keys()
  const used = counts.get(window) ?? 0
  t.ok(used > perWindow * 0.8 && used < perWindow, `${used} used, the rest is kept`)

  const other = open('other')
  let isServed = false
  const usual = other.take(stop.signal).then((permit) => {
    isServed = true
    permit.end(send())
  })
  await untilWaiting(other)
  ;(await other.take(never, { isUrgent: true })).end(send())
  t.equal(isServed, false, 'the urgent one has not waited, the usual one has')
  t.equal(counts.get(window), used + 1, 'in the same window')
  clock.advance(10_000)
  await usual
  stop.abort()
  await lanes
  t.equal(refused, 0)
})
