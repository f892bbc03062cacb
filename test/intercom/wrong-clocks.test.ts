import { randomBytes, randomUUID } from 'node:crypto'
import { setMaxListeners } from 'node:events'
import t from 'tap'
import { createRandom } from '../../simulator/random.ts'
import { RateLimit } from '../../simulator/serving/rate-limit.ts'
import type { Clock } from '../../src/clock.ts'
import { type Budget, createBudget } from '../../src/intercom/budget/budget.ts'
import { type BudgetStore, createMemoryBudgetStore } from '../../src/intercom/budget/budget-store.ts'
import { readDated, readOutcome } from '../../src/intercom/budget/outcome.ts'
import type { TokenUsage } from '../../src/intercom/budget/usage/token-usage.ts'
import { createServerClock } from '../../src/intercom/time/server-clock.ts'
import { createRedisBudgetStore } from '../../src/store/limits/redis-budget-store.ts'
import { encryptionKey } from '../../src/store/secrets/sealing.ts'
import { createEventClock } from '../support/event-clock.ts'
import { createLeapingClock } from '../support/leaping-clock.ts'
import { createManualClock, type ManualClock } from '../support/manual-clock.ts'
import { startRedis } from '../support/redis.ts'
import { machineClock } from '../support/wrong-clocks.ts'

const never = new AbortController().signal
setMaxListeners(0, never)

const second = 1000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour
const start = Date.UTC(2026, 0, 1, 12) + 200
const in2100 = Date.UTC(2100, 0)
const httpDate = (ms: number) => new Date(ms).toUTCString()
const resetAt = (ms: number) => (Math.floor(ms / 10_000) + 1) * 10

/** A server clock that has learnt from answers, each `[Date ahead by ms, how long it took]`. */
function heard(answers: readonly [aheadMs: number, tookMs: number][], clock: ManualClock, machine: Clock = clock) {
  const serverClock = createServerClock(machine)
  for (const [aheadMs, tookMs] of answers) {
    const sentAt = clock.monotonic()
    clock.advance(tookMs / 2)
    const date = httpDate(clock.now() + aheadMs)
    const resetSeconds = resetAt(clock.now())
    clock.advance(tookMs / 2)
    serverClock.learn({ date, resetSeconds, sentAt, cameAt: clock.monotonic() })
  }
  return serverClock
}

t.test('the lowest of the evidence counts, whichever clock is wrong', async (t) => {
  const right = [0, 100] as const
  for (const [what, answers, aheadMs, behindMs] of [
    ['all right', [right, right], 0, 0],
    ['one Date ahead', [[2 * hour, 100], right], 0, 0],
    ['every Date ahead', [[2 * hour, 100]], 0, 0],
    ['every Date in the year 2100', [[in2100 - start, 100]], 0, 0],
    ['the machine ahead', [right], 2 * hour, 0],
    ['the machine behind', [right], -2 * hour, 2 * hour],
    ['one Date behind', [right, [-day, 100], right], 0, day],
    ['Date and machine ahead: the reset tells', [[hour, 100]], 2 * hour, 11 * second],
    ['a slow answer', [[0, 40 * second], right], 0, 0],
  ] as const) {
    const clock = createManualClock(start)
    const machine = machineClock(clock, { aheadMs, jumpsAfterMs: 0 })
    const late =
      heard(
        answers.map(([ahead, took]) => [ahead, took]),
        clock,
        machine,
      ).lowestMs() - clock.now()
    t.ok(late <= 0, `${what}: ${late} ms ahead of the truth`)
    t.ok(late >= -behindMs - 1200, `${what}: ${-late} ms behind the truth`)
  }
})

t.test('later evidence can only lower the time of a moment', async (t) => {
  const clock = createManualClock(start)
  const machine = machineClock(clock, { aheadMs: 3 * hour, jumpsAfterMs: 0 })
  const serverClock = createServerClock(machine)
  const learn = (ahead: number) => {
    const sentAt = clock.monotonic()
    serverClock.learn({ date: httpDate(clock.now() + ahead), resetSeconds: undefined, sentAt, cameAt: sentAt })
  }
  learn(hour)
  const moment = serverClock.moment()
  const truth = Math.floor(start / second)
  t.equal(moment.seconds(), truth + 3600)
  clock.advance(minute)
  learn(0)
  t.equal(moment.seconds(), truth)
  clock.advance(minute)
  learn(hour)
  t.equal(moment.seconds(), truth)
  for (let more = 0; more < 40; more++) learn(hour)
  t.equal(moment.seconds(), truth, 'even when the evidence has been forgotten')
  t.ok(serverClock.moment().seconds() > truth + 3600, 'a later moment is another')
  t.ok(serverClock.highestMs() >= clock.now() + 3 * hour)
})

t.test('when the clock of the machine is set back during a job, earlier moments get lower', async (t) => {
  const clock = createManualClock(start)
  const serverClock = createServerClock(machineClock(clock, { aheadMs: -hour, jumpsAfterMs: minute }))
  const moment = serverClock.moment()
  clock.advance(2 * minute)
  t.equal(moment.seconds(), Math.floor((start - hour) / second))
})

t.test('a message says once what each clock shows when they disagree; slow answers cause none', async (t) => {
  const slow = createManualClock(start)
  t.equal(
    heard(
      [
        [0, 90 * second],
        [0, 100],
        [0, 50 * second],
      ],
      slow,
    ).disagreement(),
    undefined,
  )
  const clock = createManualClock(start)
  const told =
    heard(
      [
        [2 * hour, 100],
        [0, 100],
      ],
      clock,
    ).disagreement() ?? ''
  t.match(told, /^Clocks disagree by 120 minutes|^Clocks disagree by 2 hours/)
  t.match(told, /Intercom's Date header shows 2026-01-01T14:00:00Z/)
  t.match(told, /X-RateLimit-Reset shows 2026-01-01T/)
  t.match(told, /this machine's clock shows 2026-01-01T12:00:00Z/)
  t.match(told, /goes by the earliest, 2026-01-01T12:00:00Z/)
})

t.test('waits go by the time that fits the reset, whichever clock is wrong', async (t) => {
  for (const [what, aheadMs, dateAheadMs] of [
    ['a Date a day behind', 0, -day],
    ['a Date of 2100', 0, in2100 - start],
    ['a machine two hours behind', -2 * hour, 0],
    ['a machine two hours ahead', 2 * hour, 0],
  ] as const) {
    const clock = createManualClock(start)
    const serverClock = heard(
      [
        [0, 100],
        [dateAheadMs, 100],
      ],
      clock,
      machineClock(clock, { aheadMs, jumpsAfterMs: 0 }),
    )
    const headers: Record<string, string> = { 'x-ratelimit-reset': String(resetAt(clock.now())) }
    const { serverNowMs = 0, msToReset } = readOutcome({ status: 200, header: (name) => headers[name] }, serverClock)
    t.ok(Math.abs(serverNowMs - clock.now()) < 1200, `${what}: ${serverNowMs - clock.now()} ms ahead`)
    t.equal(msToReset, resetAt(clock.now()) * second - serverNowMs)
  }
})

t.test('an impossible reset or Retry-After makes nobody wait for long', async (t) => {
  const clock = createManualClock(start)
  const tell = (headers: Record<string, string>) => {
    const answer = { status: 429, header: (name: string) => headers[name] }
    const serverClock = createServerClock(clock)
    serverClock.learn(readDated(answer, { sentAt: clock.monotonic(), cameAt: clock.monotonic() }))
    return readOutcome(answer, serverClock)
  }
  const right = { date: httpDate(start), 'x-ratelimit-reset': String(resetAt(start)) }
  for (const [what, headers, most] of [
    ['a Date of 2100', { ...right, date: httpDate(in2100) }, 11],
    ['a Date a day behind', { ...right, date: httpDate(start - day) }, 11],
    ['a reset in 2100', { ...right, 'x-ratelimit-reset': String(resetAt(in2100)) }, 11],
    ['a reset in 45 s', { ...right, 'x-ratelimit-reset': String(Math.floor(start / second) + 45) }, 11],
    ['both in 2100', { date: httpDate(in2100), 'x-ratelimit-reset': String(resetAt(in2100)) }, 11],
    ['a wait of a year', { ...right, 'retry-after': '31536000' }, 60],
    ['a wait until 2100', { ...right, 'retry-after': httpDate(in2100) }, 60],
  ] as const) {
    const budget = createBudget({ clock, random: () => 0 })
    ;(await budget.take(never)).end(tell(headers))
    const waitMs = (budget.waitingUntil() ?? 0) - clock.now()
    t.ok(waitMs > 0 && waitMs <= most * second, `${what}: ${waitMs} ms`)
  }
  t.equal(tell({ ...right, 'retry-after': httpDate(start + 20 * second) }).retryAfterMs, 20 * second)
  const ahead = { date: httpDate(start + hour), 'retry-after': httpDate(start + hour + 20 * second) }
  t.equal(tell(ahead).retryAfterMs, 20 * second, 'by the clock that the answer shows')
})

t.test('a 429 that asks to wait for longer than a minute blocks for a minute', async (t) => {
  for (const retryAfterMs of [minute, minute + second, day]) {
    const clock = createManualClock(start)
    const budget = createBudget({ clock, random: () => 0 })
    ;(await budget.take(never)).end({ kind: 'rate_limited', serverNowMs: start, retryAfterMs })
    t.equal((budget.waitingUntil() ?? 0) - clock.now(), minute, `asked to wait ${retryAfterMs} ms`)
  }
})

/** Answers as Intercom gives them, but for what is wrong with the times in them. */
function openIntercom(clock: Clock, perWindow: number) {
  const limit = new RateLimit(perWindow)
  const sent: { who: string; at: number }[] = []
  /** A job, with its own budget and what it has learnt of Intercom's time. */
  const job = (who: string, budget: Budget, wrong?: { date: number; reset: number }) => {
    const serverClock = createServerClock(clock)
    return async (until: () => boolean) => {
      while (!until()) {
        const permit = await budget.take(never)
        const sentAt = clock.monotonic()
        sent.push({ who, at: clock.now() })
        const { exceeded, headers } = limit.take('token', clock.now())
        const told: Record<string, string> = {
          date: httpDate(clock.now() + (wrong?.date ?? 0)),
          'x-ratelimit-limit': String(perWindow),
          'x-ratelimit-remaining': headers['X-RateLimit-Remaining'] ?? '',
          'x-ratelimit-reset': String(Number(headers['X-RateLimit-Reset']) + (wrong?.reset ?? 0) / second),
        }
        await clock.sleep(40)
        const answer = { status: exceeded ? 429 : 200, header: (name: string) => told[name] }
        serverClock.learn(readDated(answer, { sentAt, cameAt: clock.monotonic() }))
        permit.end(readOutcome(answer, serverClock))
      }
      budget.close()
    }
  }
  return { sent, job }
}

/** Where usage is kept, and a clock on which nobody waits: how busy the machine is decides nothing. */
const stores = {
  memory: {
    draws: 30,
    async open() {
      const store = createMemoryBudgetStore()
      return { clock: createEventClock(start), connect: () => store }
    },
  },
  Redis: {
    draws: 2,
    async open(t: Parameters<typeof startRedis>[0]) {
      const clock = createLeapingClock(start)
      const server = await startRedis(t)
      const keys = [encryptionKey('test', randomBytes(32))]
      const connect = (): BudgetStore => {
        const store = createRedisBudgetStore({ redis: server.connect(), keys, clock, createId: randomUUID })
        return {
          ...store,
          async update(...update) {
            clock.busy()
            return store.update(...update).finally(clock.idle)
          },
        }
      }
      return { clock, connect }
    },
  },
}

for (const [where, { draws, open }] of Object.entries(stores)) {
  const member = (clock: Clock, store: BudgetStore) =>
    createBudget({ clock, random: () => 0.5, store, accessToken: 'a-token', member: randomUUID() })

  for (const [what, date, reset] of [
    ['Dates of the year 2100', in2100 - start, 0],
    ['Dates and resets of the year 2100', in2100 - start, in2100 - start],
    ['Dates a day behind', -day, 0],
  ] as const)
    t.test(`${where}: while one job gets ${what}, another job of the token goes on`, async (t) => {
      // In the first round both begin at once.
      for (let seed = 0; seed <= draws; seed++) {
        const random = createRandom(seed)
        // Nothing tells that resets of 2100 are not Intercom's, so the two take turns in saying when a window ends: then
        // the other job may miss one window. In memory it does not when both begin at once.
        const mayMissWindow = reset !== 0 && (seed > 0 || where === 'Redis')
        const mostMs = mayMissWindow ? 21_000 : 11_000
        const { clock, connect } = await open(t)
        const intercom = openIntercom(clock, 30)
        const begin = async (who: string, seconds: number, wrong?: { date: number; reset: number }) => {
          const job = intercom.job(who, member(clock, connect()), wrong)
          await clock.sleep(seed === 0 ? 0 : random() * 3000)
          await job(() => clock.now() > start + seconds * second)
        }
        await Promise.all([begin('wrong', 20, { date, reset }), begin('right', 40)])
        const times = intercom.sent.filter(({ who }) => who === 'right').map(({ at }) => at)
        const gaps = times.slice(1).map((at, place) => at - (times[place] ?? at))
        t.ok(Math.max(...gaps) < mostMs, `seed ${seed}: it stood for ${Math.max(...gaps)} ms`)
        t.ok(times.filter((at) => at > start + 20_000).length >= 30, `seed ${seed}: ${times.length} requests`)
      }
    })

  t.test(`${where}: usage that an earlier version has dated into the future is brought back`, async (t) => {
    for (const poison of [
      { at: in2100, endsAt: in2100 + 5000, blockedUntil: 0 },
      { at: in2100, endsAt: in2100 + 5000, blockedUntil: in2100 + 8000 },
      { at: start, endsAt: in2100, blockedUntil: 0 },
      { at: start, endsAt: start + 5000, blockedUntil: in2100 },
    ]) {
      const { clock, connect } = await open(t)
      const spent = { window: 7, limit: 30, lowest: 0, told: true, granted: 30, open: 0, openBefore: 0, whole: true }
      const token: TokenUsage = {
        ...spent,
        ...poison,
        othersSeenAt: 0,
        members: {},
        ceilings: { 60: [[poison.at, 60]] },
      }
      await connect().update({ accessToken: 'a-token' }, () => ({ usage: { token }, result: undefined }), never)
      const budget = member(clock, connect())
      const began = clock.now()
      // At first it goes by the time of the usage, then by Intercom's.
      for (let requests = 0; requests < 2; requests++)
        (await budget.take(never)).end({ kind: 'answered', serverNowMs: clock.now() })
      t.ok(clock.now() - began < 11_500, `${clock.now() - began} ms`)
      budget.close()
    }
  })
}
