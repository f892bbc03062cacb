import { randomBytes, randomUUID } from 'node:crypto'
import type { Redis } from 'ioredis'
import t, { type Test } from 'tap'
import { type BudgetOptions, createBudget } from '../../src/intercom/budget/budget.ts'
import { createRedisBudgetStore } from '../../src/store/limits/redis-budget-store.ts'
import { encryptionKey } from '../../src/store/secrets/sealing.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { startRedis } from '../support/redis.ts'

const never = new AbortController().signal
const seconds = 1000

async function openUsage(t: Test) {
  const server = await startRedis(t)
  const redis = server.connect()
  const keys = [encryptionKey('test', randomBytes(32))]
  const clock = createManualClock()
  /** A worker's budget, which knows nothing yet of what is stored. */
  const open = (options: Partial<BudgetOptions> = {}) => {
    const store = createRedisBudgetStore({ redis: server.connect(), keys, clock, createId: randomUUID })
    const budget = createBudget({ clock, random: () => 0, store, accessToken: 'a-token', member: 'm1', ...options })
    budget.joinWorkspace('a-workspace')
    return budget
  }
  const answered = { kind: 'answered', limit: 100, remaining: 99, msToReset: 9000, serverNowMs: clock.now() } as const
  return { redis, clock, open, answered }
}

async function stored(redis: Redis, kind: 'token' | 'workspace') {
  const [name = ''] = await redis.keys(`*{budget}:${kind}:*`)
  const [version, json = ''] = (await redis.get(name))?.split(/ (.*)/) ?? []
  return { name, version, json: JSON.parse(json) as Record<string, unknown> }
}

t.test('usage is stored as other versions of the service read it', async (t) => {
  const { redis, clock, open, answered } = await openUsage(t)
  const budget = open({ requestsPerMinute: 600 })
  ;(await budget.take(never)).end(answered)
  const next = await budget.take(never)
  const { version, json } = await stored(redis, 'token')
  t.match(version, /^[\w-]+\.\d+$/)
  t.same(json, {
    at: clock.now(),
    window: 1,
    limit: 100,
    endsAt: clock.now() + 9 * seconds,
    lowest: 99,
    told: true,
    granted: 2,
    open: 1,
    openBefore: 0,
    whole: false,
    othersSeenAt: 0,
    // None: it lies in the past.
    blockedUntil: clock.now(),
    members: { m1: { granted: 1, before: 1, denied: false, deniedBefore: false, seen: 1 } },
    ceilings: { 600: [[clock.now(), 2]] },
  })
  t.same((await stored(redis, 'workspace')).json, { windowStart: clock.now(), granted: 1, highestTold: 100 })
  next.end(answered)
  budget.close()
})

t.test('usage that another version has stored holds', async (t) => {
  const { redis, clock, open, answered } = await openUsage(t)
  const first = open()
  ;(await first.take(never)).end(answered)
  const { name, json } = await stored(redis, 'token')
  const at = clock.now()
  await redis.set(name, `another.1 ${JSON.stringify({ ...json, at, blockedUntil: at + 20 * seconds, later: [1] })}`)
  const stop = new AbortController()
  const second = open().take(stop.signal)
  await clock.untilAsleep(20 * seconds)
  t.match((await stored(redis, 'token')).json, { blockedUntil: at + 20 * seconds, later: [1] }, 'with what it adds')
  stop.abort(new Error('cancelled'))
  await t.rejects(second, { message: 'cancelled' })
  first.close()
})

t.test('usage that cannot be read counts as lost', async (t) => {
  const { redis, open, answered } = await openUsage(t)
  const first = open()
  ;(await first.take(never)).end(answered)
  first.close()
  const { name, json } = await stored(redis, 'token')
  for (const text of [
    'another.1',
    'another.2 {"at":',
    'another.3 null',
    'another.4 [1]',
    `another.5 {"at":${json.at}}`,
  ]) {
    await redis.set(name, text)
    const budget = open()
    ;(await budget.take(never)).end(answered)
    t.match((await stored(redis, 'token')).json, { at: Number, members: Object }, text)
    budget.close()
  }
})
