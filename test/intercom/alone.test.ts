import t from 'tap'
import { createRandom, integerBetween } from '../../simulator/random.ts'
import { RateLimit } from '../../simulator/serving/rate-limit.ts'
import { createBudget } from '../../src/intercom/budget/budget.ts'
import { type BudgetStore, createMemoryBudgetStore } from '../../src/intercom/budget/budget-store.ts'
import type { Outcome } from '../../src/intercom/budget/outcome.ts'
import { createEventClock, type EventClock } from '../histories/event-clock.ts'

const never = new AbortController().signal
const seeds = Number(process.env.SEEDS ?? 25)
const firstSeed = Number(process.env.FIRST_SEED ?? 1)
const windowMs = 10_000
const windows = 6

/** A store as far away as Redis, whose permits are leased as there. */
function distantStore(clock: EventClock): BudgetStore {
  const near = createMemoryBudgetStore()
  return {
    permitsAtOnce: 16,
    leaseMs: 250,
    async update(...update) {
      await clock.sleep(1)
      const result = await near.update(...update)
      await clock.sleep(1)
      return result
    },
  }
}

/** How many requests Intercom counts in each window, when nobody but our workers sends any. */
async function countAlone(seed: number): Promise<{ perWindow: number; counts: number[]; told: string }> {
  const random = createRandom(seed)
  const start = Date.UTC(2026, 0, 1) + integerBetween(random, 0, windowMs)
  const clock = createEventClock(start)
  const perWindow = integerBetween(random, 100, 400)
  const latencyMs = integerBetween(random, 20, 500)
  const workers = integerBetween(random, 1, 5)
  const limit = new RateLimit(perWindow)
  const counts = new Map<number, number>()
  const until = start + windows * windowMs
  const store = distantStore(clock)

  async function send(stallMs: number): Promise<Outcome> {
    await clock.sleep(stallMs + (latencyMs * (0.5 + random())) / 2)
    const now = clock.now()
    const { exceeded, headers } = limit.take('a-token', now)
    const reset = Number(headers['X-RateLimit-Reset']) * 1000
    counts.set(reset, (counts.get(reset) ?? 0) + 1)
    await clock.sleep((latencyMs * (0.5 + random())) / 2)
    // The header says no more than the second.
    const serverNowMs = Math.floor(now / 1000) * 1000
    return {
      kind: exceeded ? 'rate_limited' : 'answered',
      limit: perWindow,
      remaining: Number(headers['X-RateLimit-Remaining']),
      msToReset: reset - serverNowMs,
      serverNowMs,
    }
  }

  async function work(member: string): Promise<void> {
    await clock.sleep(integerBetween(random, 0, 3000))
    // What a process does first takes long: it loads, it looks up names, it opens connections.
    const stallMs = integerBetween(random, 0, 2500)
    const slowUntil = clock.now() + stallMs
    const budget = createBudget({ clock, random, store, accessToken: 'a-token', member })
    const lane = async () => {
      while (clock.now() < until) {
        const permit = await budget.take(never)
        permit.end(await send(clock.now() < slowUntil ? stallMs : 0))
      }
    }
    await Promise.all(Array.from({ length: 100 }, lane))
    budget.close()
  }

  await Promise.all(Array.from({ length: workers }, (_, place) => work(`worker ${place}`)))
  const inOrder = [...counts].toSorted(([one], [other]) => one - other).map(([, count]) => count)
  return { perWindow, counts: inOrder, told: `seed ${seed}: ${workers} workers, ${latencyMs} ms` }
}

t.test('a token that nobody else uses is used up, however its workers begin: no other application is seen', async (t) => {
  for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
    const { perWindow, counts, told } = await countAlone(seed)
    // The first two windows show the limit and how long answers take; the last ones are not whole.
    for (const count of counts.slice(2, windows - 1))
      t.ok(count >= 0.97 * perWindow, `${told}: ${counts.join()} of ${perWindow}`)
  }
})
