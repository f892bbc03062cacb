import { randomBytes, randomUUID } from 'node:crypto'
import { setMaxListeners } from 'node:events'
import { RateLimit } from '../../simulator/serving/rate-limit.ts'
import { createBudget } from '../../src/intercom/budget/budget.ts'
import { createRedisBudgetStore } from '../../src/store/limits/redis-budget-store.ts'
import { encryptionKey } from '../../src/store/secrets/sealing.ts'
import { createAcceleratedClock } from '../../test/support/accelerated-clock.ts'
import type { Teardown } from '../../test/support/processes.ts'
import { startRedis, type TestRedis } from '../../test/support/redis.ts'

const perWindow = 1666
const speed = 2
const answerMs = 40
const start = Date.UTC(2026, 0, 1)
const keys = [encryptionKey('bench', randomBytes(32))]

/** How much of the limit workers on one access token use in whole windows, and what the sharing costs in Redis. */
export async function measureBudget(t: Teardown, workers: number, windows: number) {
  const server = await startRedis(t)
  const clock = createAcceleratedClock(start, speed)
  const limit = new RateLimit(perWindow)
  const used = new Map<string, number>()
  const over = new AbortController()
  setMaxListeners(0, over.signal)
  let requests = 0
  let refused = 0
  const observer = server.connect()
  const before = await commandsOf(observer)

  async function send() {
    const { exceeded, headers } = limit.take('token', clock.now())
    const reset = headers['X-RateLimit-Reset'] ?? ''
    used.set(reset, (used.get(reset) ?? 0) + 1)
    requests++
    if (exceeded) refused++
    await clock.sleep(answerMs)
    const serverNowMs = Math.floor(clock.now() / 1000) * 1000
    return {
      kind: exceeded ? ('rate_limited' as const) : ('answered' as const),
      limit: perWindow,
      remaining: Number(headers['X-RateLimit-Remaining']),
      msToReset: Number(reset) * 1000 - serverNowMs,
      serverNowMs,
    }
  }

  async function work(): Promise<void> {
    const store = createRedisBudgetStore({ redis: server.connect(), keys, clock, createId: randomUUID })
    const budget = createBudget({ clock, random: Math.random, store, accessToken: 'token', member: randomUUID() })
    const lane = async () => {
      while (!over.signal.aborted) (await budget.take(over.signal)).end(await send())
    }
    await Promise.allSettled(Array.from({ length: 10 }, lane))
    budget.close()
  }

  const working = Array.from({ length: workers }, work)
  await clock.sleep((windows + 1) * 10_000 + 1000)
  over.abort()
  await Promise.all(working)
  const commands = (await commandsOf(observer)) - before
  const whole = [...used.values()].slice(1, -1)
  return {
    used: whole.reduce((sum, count) => sum + count, 0) / (whole.length * perWindow),
    refused,
    commandsPerRequest: commands / requests,
  }
}

/** Calls from clients; what a script calls inside Redis is counted apart from them. */
async function commandsOf(redis: ReturnType<TestRedis['connect']>): Promise<number> {
  const stats = await redis.info('commandstats')
  const scripts = stats.matchAll(/^cmdstat_eval(?:sha)?:calls=(\d+)/gm)
  return [...scripts].reduce((sum, [, calls]) => sum + Number(calls), 0)
}
