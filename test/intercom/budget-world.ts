import { setMaxListeners } from 'node:events'
import { createRandom, integerBetween, type Random } from '../../simulator/random.ts'
import { RateLimit } from '../../simulator/serving/rate-limit.ts'
import { createBudget } from '../../src/intercom/budget/budget.ts'
import { type BudgetStore, createMemoryBudgetStore } from '../../src/intercom/budget/budget-store.ts'
import type { Outcome } from '../../src/intercom/budget/outcome.ts'
import { createEventClock, type EventClock } from '../support/event-clock.ts'
import { answerAt } from './limited-answer.ts'

export const windowMs = 10_000
const never = new AbortController().signal
setMaxListeners(0, never)

/** Workers on one token that nobody else uses, with an Intercom that counts their requests. */
export interface BudgetWorld {
  perWindow: number
  workers: number
  windows: number
  /** Ms since the epoch. */
  start: number
  /** How long an answer takes, ms, half of it on the way to Intercom. */
  latencyAt(now: number): number
  /** What Intercom does with a request. @defaultValue it answers */
  faultAt?(now: number): 'rate_limited' | 'failed' | undefined
  /** How late a worker begins, and how long each of its first requests takes to be sent, ms. @defaultValue 0 */
  beginsMs?(random: Random): { lateMs: number; stallMs: number }
}

/** What Intercom counted in one window, the oldest first. */
export interface CountedWindow {
  requests: number
  /** Requests beyond the limit. */
  refused: number
}

/** Runs the workers, each with a hundred requests that always wait, on a clock that jumps. */
export async function countRequests(seed: number, world: BudgetWorld): Promise<CountedWindow[]> {
  const random = createRandom(seed, 1)
  const clock = createEventClock(world.start)
  const { perWindow, workers, windows } = world
  const limit = new RateLimit(perWindow)
  const counts = new Map<number, CountedWindow>()
  const until = world.start + windows * windowMs
  const store = distantStore(clock)

  async function send(stallMs: number): Promise<Outcome> {
    const onTheWay = () => clock.sleep((world.latencyAt(clock.now()) * (0.5 + random())) / 2)
    await clock.sleep(stallMs)
    await onTheWay()
    const now = clock.now()
    const { window, isRefused, outcome } = answerAt(limit, perWindow, 'a-token', now)
    const counted = counts.get(window) ?? { requests: 0, refused: 0 }
    counts.set(window, counted)
    counted.requests++
    if (isRefused) counted.refused++
    await onTheWay()
    const fault = world.faultAt?.(now)
    if (fault === 'failed') return { kind: fault }
    return fault ? { ...outcome, kind: fault, remaining: 0, retryAfterMs: 1000 } : outcome
  }

  async function work(member: string): Promise<void> {
    const { lateMs, stallMs } = world.beginsMs?.(random) ?? { lateMs: 0, stallMs: 0 }
    await clock.sleep(lateMs)
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
  return [...counts].toSorted(([one], [other]) => one - other).map(([, window]) => window)
}

/** A store as far away as Redis, whose permits are leased as there. */
export function distantStore(clock: EventClock): BudgetStore {
  const near = createMemoryBudgetStore()
  return {
    permitsAtOnce: 16,
    permitLifeMs: 250,
    async update(...update) {
      await clock.sleep(1)
      const result = await near.update(...update)
      await clock.sleep(1)
      return result
    },
  }
}

/** When a world begins: anywhere in a window. */
export function drawStart(random: Random): number {
  return Date.UTC(2026, 0, 1) + integerBetween(random, 0, windowMs)
}
