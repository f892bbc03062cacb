import { randomBytes, randomUUID } from 'node:crypto'
import { setMaxListeners } from 'node:events'
import t from 'tap'
import { RateLimit } from '../../simulator/serving/rate-limit.ts'
import type { Clock } from '../../src/clock.ts'
import { type Budget, type BudgetOptions, createBudget } from '../../src/intercom/budget/budget.ts'
import { type BudgetStore, createMemoryBudgetStore } from '../../src/intercom/budget/budget-store.ts'
import { createRedisBudgetStore } from '../../src/store/limits/redis-budget-store.ts'
import { encryptionKey } from '../../src/store/secrets/sealing.ts'
import { createAcceleratedClock } from '../support/accelerated-clock.ts'
import { keyspace } from '../support/keys.ts'
import { type RedisAccess, startRedis } from '../support/redis.ts'
import { answerAt } from './limited-answer.ts'

const never = new AbortController().signal
// Every lane of a test waits on it, as every request of a client does on the client's.
setMaxListeners(0, never)
const keys = [encryptionKey('test', randomBytes(32))]

/** Intercom as a budget sees it. `clock` is its own, and may differ from those of the workers. */
function openIntercom(clock: Clock, perWindow: number) {
  const limit = new RateLimit(perWindow)
  const sent: { who: string; window: number; refused: boolean }[] = []
  return {
    sent,
    async send(who: string, token: string) {
      const { window, isRefused, outcome } = answerAt(limit, perWindow, token, clock.now())
      sent.push({ who, window, refused: isRefused })
      await clock.sleep(40)
      return outcome
    },
    /** Requests in each window but the first and the last, which are not whole. */
    perWholeWindow(who?: string) {
      const counts = new Map<number, number>()
      for (const request of sent)
        counts.set(request.window, (counts.get(request.window) ?? 0) + (!who || request.who === who ? 1 : 0))
      return [...counts.values()].slice(1, -1)
    },
    refused: (after = 0) => sent.filter(({ refused, window }) => refused && window > after).length,
  }
}

/** A worker of its own: its own connection and its own view of the store. */
function worker(server: RedisAccess, clock: Clock, options: Partial<BudgetOptions> = {}, sealing = keys): Budget {
  const store = createRedisBudgetStore({ redis: server.connect(), keys: sealing, clock, createId: randomUUID })
  return createBudget({ clock, random: () => 0.5, store, accessToken: 'a-token', member: randomUUID(), ...options })
}

/** Sends with so many lanes until the time is over. */
async function work(
  budget: Budget,
  lanes: number,
  until: () => boolean,
  send: () => ReturnType<ReturnType<typeof openIntercom>['send']>,
) {
  const lane = async () => {
    while (!until()) {
      const permit = await budget.take(never)
      permit.end(await send())
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  budget.close()
}

const start = Date.UTC(2026, 0, 1) + 200
const sum = (numbers: number[]) => numbers.reduce((all, one) => all + one, 0)

for (const workers of [2, 4])
  t.test(`${workers} workers on one token use the limit evenly, and never more`, async (t) => {
    const server = await startRedis(t)
    const clock = createAcceleratedClock(start, 10)
    const intercom = openIntercom(clock, 100)
    const over = () => clock.now() > start + 55_000
    const names = Array.from({ length: workers }, (_, place) => `worker ${place}`)
    await Promise.all(names.map((who) => work(worker(server, clock), 10, over, () => intercom.send(who, 'a-token'))))
    const used = intercom.perWholeWindow()
    t.equal(intercom.refused(), 0)
    t.ok(used.length >= 3)
    t.ok(
      used.every((count) => count <= 100),
      used.join(),
    )
    t.ok(sum(used) >= 95 * used.length, used.join())
    // Shares are even once the first windows have shown who wants how much.
    for (const who of names) {
      const own = intercom.perWholeWindow(who).slice(1)
      t.ok(sum(own) >= (0.7 * 100 * own.length) / workers, `${who}: ${own.join()}`)
    }
  })

t.test('two tokens do not slow each other, unless their workspace has too little for both', async (t) => {
  for (const [workspaceRequestsPerMinute, expected] of [
    [6000, 120],
    [360, 60],
  ] as const) {
    const server = await startRedis(t)
    const clock = createAcceleratedClock(start, 10)
    const intercom = openIntercom(clock, 60)
    const over = () => clock.now() > start + 35_000
    await Promise.all(
      ['one', 'other'].map((accessToken) => {
        const budget = worker(server, clock, { accessToken, workspaceRequestsPerMinute })
        budget.joinWorkspace('w1')
        return work(budget, 10, over, () => intercom.send(accessToken, accessToken))
      }),
    )
    const used = intercom.perWholeWindow()
    t.ok(used.length >= 1)
    t.ok(
      used.every((count) => count <= expected && count >= 0.9 * expected),
      used.join(),
    )
    t.equal(intercom.refused(), 0)
  }
})

t.test('neither token nor workspace is in Redis in plain text, and all of it expires', async (t) => {
  const server = await startRedis(t)
  const budget = worker(server, createAcceleratedClock(start, 1), { accessToken: 'a-canary-token' })
  budget.joinWorkspace('a-canary-workspace')
  ;(await budget.take(never)).end({ kind: 'answered' })
  const redis = server.connect()
  const names = await redis.keys('*{budget}*')
  t.equal(names.length, 2)
  t.same(
    (await redis.keys('*')).filter((name) => !names.includes(name)),
    [keyspace.secrets],
    'the sealed secret that names them',
  )
  for (const name of names) {
    t.notMatch(`${name} ${await redis.get(name)}`, /canary/)
    t.ok((await redis.pttl(name)) > 0)
  }
  budget.close()
})

t.test('a token has one budget, whichever of the encryption keys a worker seals with', async (t) => {
  const server = await startRedis(t)
  const [older, newer] = [encryptionKey('older', randomBytes(32)), encryptionKey('newer', randomBytes(32))]
  const clock = createAcceleratedClock(start, 1)
  // The keys that workers have in the course of a rotation.
  for (const keys of [[older], [older, newer], [newer, older], [older, newer], [newer]]) {
    const budget = worker(server, clock, {}, keys)
    budget.joinWorkspace('a-workspace')
    ;(await budget.take(never)).end({ kind: 'answered' })
    budget.close()
  }
  t.equal((await server.connect().keys('*{budget}*')).length, 2, 'of the token and of its workspace')
})

t.test('after Redis has been emptied, a token has one budget again, whichever worker comes first', async (t) => {
  const server = await startRedis(t)
  const redis = server.connect()
  const clock = createAcceleratedClock(start, 1)
  const open = () => createRedisBudgetStore({ redis: server.connect(), keys, clock, createId: randomUUID })
  const [older, newer] = [open(), open()]
  const use = (store: BudgetStore) =>
    store.update({ accessToken: 'a-token' }, (usage) => ({ usage, result: undefined }), never)
  for (const order of [
    [newer, older],
    [older, newer],
    [older, newer, older],
  ]) {
    await use(older)
    await redis.flushall()
    for (const store of [...order, ...order]) await use(store)
    t.equal((await redis.keys('*{budget}*')).length, 1)
  }
})

t.test('all jobs of a token share one ceiling', async (t) => {
  const server = await startRedis(t)
  const clock = createAcceleratedClock(start, 20)
  const intercom = openIntercom(clock, 1000)
  const over = () => clock.now() > start + 60_000
  const limited = { requestsPerMinute: 60 }
  await Promise.all(
    ['a', 'b'].map((who) => work(worker(server, clock, limited), 3, over, () => intercom.send(who, 'a-token'))),
  )
  t.ok(intercom.sent.length <= 60 + 6, `${intercom.sent.length}`)
  t.ok(intercom.sent.length >= 50, `${intercom.sent.length}`)
})

t.test('a 429 holds for all jobs of the token', async (t) => {
  const clock = createAcceleratedClock(start, 10)
  const server = await startRedis(t)
  const [one, other] = [worker(server, clock), worker(server, clock)]
  const answered = { kind: 'answered', limit: 100, remaining: 90, msToReset: 9000, serverNowMs: start } as const
  ;(await other.take(never)).end(answered)
  ;(await one.take(never)).end({ ...answered, kind: 'rate_limited', retryAfterMs: 20_000 })
  const refusedAt = clock.now()
  await clock.sleep(1000)
  await other.take(never)
  for (const budget of [one, other]) budget.close()
  t.ok(clock.now() - refusedAt >= 19_500, `${clock.now() - refusedAt} ms`)
})

t.test('the permits of a worker that died are lost for their window alone', async (t) => {
  const server = await startRedis(t)
  const clock = createAcceleratedClock(start, 10)
  const intercom = openIntercom(clock, 100)
  // It takes permits and is never heard of again.
  const dead = worker(server, clock)
  for (let count = 0; count < 4; count++) await dead.take(never)
  const over = () => clock.now() > start + 45_000
  await work(worker(server, clock), 10, over, () => intercom.send('alive', 'a-token'))
  dead.close()
  const used = intercom.perWholeWindow()
  t.ok(used.length >= 2)
  t.ok(
    used.every((count) => count >= 95),
    used.join(),
  )
  t.equal(intercom.refused(), 0)
})

t.test('requests wait while Redis is away, and go on when it is back empty', async (t) => {
  const server = await startRedis(t)
  const clock = createAcceleratedClock(start, 1)
  const budget = worker(server, clock)
  ;(await budget.take(never)).end({ kind: 'answered' })
  await server.kill()
  const stop = new AbortController()
  setMaxListeners(0, stop.signal)
  // The permits that it holds are soon used.
  const waiting = Array.from({ length: 40 }, () =>
    budget.take(stop.signal).then((permit) => permit.end({ kind: 'failed' })),
  )
  const called = budget.take(AbortSignal.timeout(300))
  await t.rejects(called)
  await server.restart()
  await Promise.all(waiting)
  t.equal(budget.waitingUntil(), undefined)
  budget.close()
})

t.test('while others spend, the reserve is left to them', async (t) => {
  const server = await startRedis(t)
  const clock = createAcceleratedClock(start, 10)
  const intercom = openIntercom(clock, 100)
  const over = () => clock.now() > start + 45_000
  const foreign = async () => {
    while (!over()) {
      await intercom.send('foreign', 'a-token')
      await clock.sleep(1000)
    }
  }
  const budget = worker(server, clock, { reserve: 0.2 })
  await Promise.all([foreign(), work(budget, 10, over, () => intercom.send('own', 'a-token'))])
  // Only a window counted from its start shows for certain what others spend.
  const own = intercom.perWholeWindow('own').slice(1)
  t.ok(
    own.every((count) => count <= 80 && count >= 65),
    own.join(),
  )
  t.equal(intercom.refused(start + 20_000), 0)
})

t.test('jobs of one process share a budget in memory', async (t) => {
  const clock = createAcceleratedClock(start, 10)
  const intercom = openIntercom(clock, 60)
  const store = createMemoryBudgetStore()
  const over = () => clock.now() > start + 35_000
  await Promise.all(
    ['a', 'b'].map((member) => {
      const budget = createBudget({ clock, random: () => 0.5, store, accessToken: 'a-token', member })
      return work(budget, 10, over, () => intercom.send(member, 'a-token'))
    }),
  )
  const used = intercom.perWholeWindow()
  t.ok(
    used.every((count) => count <= 60 && count >= 57),
    used.join(),
  )
  t.equal(intercom.refused(), 0)
})
