import t from 'tap'
import { type BudgetOptions, createBudget, type Permit } from '../../src/intercom/budget/budget.ts'
import { type BudgetStore, createMemoryBudgetStore } from '../../src/intercom/budget/budget-store.ts'
import type { Outcome } from '../../src/intercom/budget/outcome.ts'
import { createDeferred } from '../support/deferred.ts'
import { createManualClock } from '../support/manual-clock.ts'

const never = new AbortController().signal

function openBudget(options: Partial<BudgetOptions> = {}) {
  const clock = createManualClock()
  const budget = createBudget({ clock, random: () => 0, ...options })
  /** Whether a request may be sent at once. */
  const isOpen = () => budget.waitingUntil() === undefined
  const answered = (permit: Permit, remaining: number, msToReset: number, limit = 20) =>
    permit.end({ kind: 'answered', limit, remaining, msToReset })
  const waitMs = () => (budget.waitingUntil() ?? clock.now()) - clock.now()
  return { clock, budget, isOpen, answered, waitMs, take: () => budget.take(never) }
}

/** Sends one request after another, each answered as `answer` says, until the budget says to wait. */
async function spend(take: () => Promise<Permit>, isOpen: () => boolean, answer: (sent: number) => Outcome) {
  let sent = 0
  while (isOpen() && sent < 1000) (await take()).end(answer(++sent))
  return sent
}

t.test('a window is used to its last request, though answers overtake each other', async (t) => {
  const { clock, budget, take, isOpen, answered } = openBudget({ reserve: 0 })
  t.equal(budget.rateLimit(), undefined, 'Intercom has said nothing yet')
  const warm = await Promise.all([take(), take(), take(), take()])
  // Intercom serves all four before any answer arrives. The answer to the last one arrives first.
  for (const [place, remaining] of [
    [3, 16],
    [0, 19],
    [1, 18],
    [2, 17],
  ] as const) {
    const permit = warm[place]
    if (permit) answered(permit, remaining, 9000)
  }
  const resetsAt = Math.round((clock.now() + 9000) / 1000) * 1000
  t.same(budget.rateLimit(), { limit: 20, remaining: 16, resetsAt }, 'the latest answer counts, not the last to arrive')
  t.equal(
    await spend(take, isOpen, (sent) => ({ kind: 'answered', limit: 20, remaining: 16 - sent, msToReset: 8000 })),
    16,
  )
})

t.test('what others spend is taken into account', async (t) => {
  const { take, isOpen, answered, waitMs } = openBudget({ reserve: 0 })
  answered(await take(), 15, 9000)
  answered(await take(), 3, 8000)
  t.equal(
    await spend(take, isOpen, (sent) => ({ kind: 'answered', limit: 20, remaining: 3 - sent, msToReset: 8000 })),
    3,
  )
  t.equal(waitMs(), 8000)
})

t.test('we use the reserve only late in a window, and not while others have been seen lately', async (t) => {
  const { clock, take, isOpen, waitMs } = openBudget({ reserve: 0.25 })
  /** Spends what it can until the window ends, while others have taken `foreign`: how many at once, and how many late. */
  const spendWindow = async (foreign: number) => {
    const ends = Math.floor(clock.monotonic() / 10_000 + 1) * 10_000
    let ours = 0
    const answer = (): Outcome => ({
      kind: 'answered',
      limit: 20,
      remaining: 20 - foreign - ++ours,
      msToReset: ends - clock.monotonic(),
      serverNowMs: Date.UTC(2026, 0, 1) + clock.monotonic(),
    })
    const early = await spend(take, isOpen, answer)
    while (ends - clock.monotonic() > Math.max(waitMs(), 1)) clock.advance(Math.max(waitMs(), 1))
    const late = await spend(take, isOpen, answer)
    clock.advance(ends - clock.monotonic())
    return [early, late]
  }
  t.same(await spendWindow(0), [15, 5])
  t.same(await spendWindow(0), [15, 5], 'alone')
  t.same(await spendWindow(4), [11, 0], 'others spend')
  for (let window = 0; window < 5; window++) t.same(await spendWindow(0), [15, 0], 'they are remembered')
  await spendWindow(0)
  t.same(await spendWindow(0), [15, 5], 'and forgotten')
})

t.test('an answer that comes late from the last window says nothing of this one', async (t) => {
  const { clock, take, answered, isOpen, waitMs } = openBudget({ reserve: 0 })
  const late = await take()
  answered(await take(), 0, 1000)
  t.equal(waitMs(), 1000)
  clock.advance(1000)
  answered(await take(), 19, 10_000)
  answered(late, 1, 0)
  t.ok(isOpen())
  const sent = await spend(take, isOpen, (n) => ({ kind: 'answered', limit: 20, remaining: 19 - n, msToReset: 9000 }))
  t.equal(sent, 19)
  t.equal(waitMs(), 9000)
})

t.test('an answer of the last window shows nobody else when the next window has begun by our clock', async (t) => {
  const { clock, take, isOpen, waitMs } = openBudget({ reserve: 0.25 })
  const start = Date.UTC(2026, 0, 1)
  const answer = (remaining: number, msIntoWindow: number): Outcome => ({
    kind: 'answered',
    limit: 20,
    remaining,
    msToReset: 10_000 - msIntoWindow,
    serverNowMs: start + msIntoWindow,
  })
  for (let sent = 1; sent <= 8; sent++) (await take()).end(answer(20 - sent, 9990))
  const late = await take()
  clock.advance(20)
  const next = await take()
  late.end(answer(11, 9985))
  next.end(answer(10, 9986))

  clock.advance(14)
  const ends = clock.monotonic() + 10_000
  let ours = 0
  const inWindow = (): Outcome => {
    const leftMs = ends - clock.monotonic()
    return {
      kind: 'answered',
      limit: 20,
      remaining: 20 - ++ours,
      msToReset: leftMs,
      serverNowMs: start + 20_000 - leftMs,
    }
  }
  await spend(take, isOpen, inWindow)
  while (ends - clock.monotonic() > Math.max(waitMs(), 1)) clock.advance(Math.max(waitMs(), 1))
  await spend(take, isOpen, inWindow)
  t.equal(ours, 20, 'nothing is kept for others to the end')
})

t.test('a 429 whose reset lies in the past still makes us wait', async (t) => {
  const { clock, take, waitMs } = openBudget()
  let asked = 0
  for (const until = clock.now() + 60_000; clock.now() < until; asked++) {
    const wait = waitMs()
    if (wait > 0) clock.advance(wait)
    ;(await take()).end({ kind: 'rate_limited', limit: 20, remaining: 0, msToReset: -3_600_000 })
  }
  t.ok(asked < 100, `asked ${asked} times in a minute`)
})

t.test('absurd numbers in headers never stop a sync for long', async (t) => {
  for (const outcome of [
    { kind: 'answered', limit: 1e9, remaining: -5, msToReset: 1e15 },
    { kind: 'rate_limited', retryAfterMs: 1e12 },
    { kind: 'rate_limited', limit: 1, remaining: 5e9, msToReset: Number.MAX_VALUE },
  ] as const) {
    const { take, waitMs } = openBudget()
    ;(await take()).end(outcome)
    t.ok(waitMs() > 0 && waitMs() <= 60_000, `${waitMs()} ms`)
  }
})

t.test('without headers only a 429 makes us wait', async (t) => {
  const { take, isOpen, waitMs } = openBudget()
  t.equal(await spend(take, isOpen, () => ({ kind: 'answered' })), 1000)
  ;(await take()).end({ kind: 'rate_limited' })
  t.equal(waitMs(), 10_000)
})

for (const requestsPerMinute of [1, 5, 10, 65, 1000])
  t.test(`a ceiling of ${requestsPerMinute} a minute is kept in any minute, and used up`, async (t) => {
    const { clock, take, waitMs, answered } = openBudget({ requestsPerMinute })
    const times: number[] = []
    const start = clock.now()
    while (clock.now() - start < 300_000) {
      const wait = waitMs()
      if (wait > 0) clock.advance(wait)
      const permit = await take()
      times.push(clock.now())
      answered(permit, 1e6, 10_000 - (clock.now() % 10_000), 1e6)
    }
    const most = Math.max(...times.map((from) => times.filter((time) => time >= from && time < from + 60_000).length))
    t.equal(most, requestsPerMinute)
    t.ok(times.length > requestsPerMinute * 4.5, `${times.length} in five minutes`)
  })

t.test('with a concurrency of one there is one request at a time', async (t) => {
  const { budget, clock, answered } = openBudget({ maxConcurrency: 1 })
  const first = await budget.take(never)
  const order: string[] = []
  const second = budget.take(never).then((permit) => {
    order.push('second')
    return permit
  })
  order.push('first ends')
  answered(first, 5, 9000)
  answered(await second, 4, 9000)
  t.same(order, ['first ends', 'second'])
  t.ok(clock.now())
})

t.test('a request that we gave up is no sign of trouble at Intercom', async (t) => {
  const { budget, take, answered } = openBudget({ maxConcurrency: 4 })
  const permits = await Promise.all([take(), take(), take(), take()])
  for (const permit of permits) permit.end({ kind: 'given_up' })
  for (const permit of await Promise.all([take(), take(), take(), take()])) answered(permit, 10, 5000)
  t.equal(budget.waitingUntil(), undefined)
})

t.test('a request that waits for a permit can be called off, and takes none from others', async (t) => {
  const { budget, take, answered } = openBudget({ maxConcurrency: 1 })
  const first = await take()
  const stop = new AbortController()
  const stopped = budget.take(stop.signal)
  const other = budget.take(never)
  stop.abort(new Error('cancelled'))
  await t.rejects(stopped, { message: 'cancelled' })
  answered(first, 10, 5000)
  answered(await other, 9, 5000)
  t.equal(budget.waitingUntil(), undefined)
})

t.test('permits granted while a 429 comes in are given back unused', async (t) => {
  const memory = createMemoryBudgetStore()
  const reply = createDeferred()
  const stop = new AbortController()
  let exchanges = 0
  const farAway: BudgetStore = {
    ...memory,
    permitLifeMs: 250,
    async update(...exchange) {
      const result = await memory.update(...exchange)
      if (++exchanges === 2) await reply.promise
      return result
    },
  }
  const { budget, clock, take, waitMs } = openBudget({ store: farAway })
  const first = await take()
  const second = budget.take(stop.signal)
  first.end({ kind: 'rate_limited', retryAfterMs: 20_000 })
  reply.resolve()
  await Promise.race([second, clock.untilAsleep(20_000)])
  t.ok(clock.isAsleep(20_000), 'the second request waits for the end of the block')
  t.equal(waitMs(), 20_000)
  stop.abort(new Error('cancelled'))
  await t.rejects(second, { message: 'cancelled' })
})
