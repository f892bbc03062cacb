import t from 'tap'
import { createConcurrency } from '../../src/intercom/budget/concurrency.ts'
import type { Outcome } from '../../src/intercom/budget/outcome.ts'
import { createManualClock } from '../support/manual-clock.ts'

const answered: Outcome = { kind: 'answered', bytes: 1000 }

/** Requests that always wait, as many in flight as may be, and all answered at once: a round of them at a time. */
function openRounds(options: Partial<Parameters<typeof createConcurrency>[0]> = {}) {
  const clock = createManualClock()
  const concurrency = createConcurrency({ clock, perWindow: () => 1667, ...options })

  /** @returns how many were in flight */
  function round(ms: number, outcomeOf: () => Outcome = () => answered, kind = 'page'): number {
    const ends: ((outcome: Outcome) => void)[] = []
    while (!concurrency.isFull()) ends.push(concurrency.begin(kind))
    clock.advance(ms)
    for (const end of ends) end(outcomeOf())
    return ends.length
  }

  const rounds = (count: number, ms: number) => Array.from({ length: count }, () => round(ms))
  return { clock, concurrency, round, rounds }
}

t.test(
  'as many are in flight as the limit needs after a few answers, so that the first full window counts',
  async (t) => {
    const { rounds } = openRounds()
    // 67 use up 1,667 per window at 400 ms; twice as many make up for answers that come unevenly.
    t.same(rounds(6, 400), [10, 20, 40, 80, 134, 134])
  },
)

t.test('no more than 512 are in flight, however fast the limit and however slow the answers', async (t) => {
  const { concurrency, rounds } = openRounds({ perWindow: () => 100_000 })
  const most = Math.max(...rounds(12, 2000))
  t.equal(most, 512)
  t.equal(concurrency.wanted(), 512)
  t.equal(
    openRounds({ perWindow: () => 100_000, most: 1000 })
      .rounds(12, 2000)
      .at(-1),
    512,
    'whatever is allowed',
  )
  t.equal(openRounds({ most: 12 }).rounds(6, 400).at(-1), 12, 'fewer where somebody wants fewer')
})

t.test(
  'a failure halves them, once for all that were in flight, and they come back by a quarter a round',
  async (t) => {
    for (const kind of ['rate_limited', 'failed'] as const) {
      const { round, rounds } = openRounds()
      rounds(5, 400)
      t.equal(
        round(400, () => ({ kind })),
        134,
      )
      t.same(rounds(5, 400), [67, 83, 104, 130, 134], kind)
    }
  },
)

t.test('what we have ended ourselves says nothing', async (t) => {
  const { round, rounds } = openRounds()
  rounds(5, 400)
  round(400, () => ({ kind: 'given_up' }))
  t.equal(round(400), 134)
})

t.test('a latency that doubles gets twice as many, and one that grows further no more than that', async (t) => {
  const { concurrency, rounds } = openRounds()
  rounds(6, 400)
  rounds(4, 800)
  t.ok(concurrency.wanted() > 260 && concurrency.wanted() <= 267, `${concurrency.wanted()}`)
  const { concurrency: overloaded, rounds: slower } = openRounds()
  slower(6, 400)
  slower(1, 4000)
  t.ok(overloaded.wanted() <= 2 * 134, `${overloaded.wanted()}: a server that is overloaded gets no more`)
})

t.test('answers that take more than four times as long as lately halve them, once in a window', async (t) => {
  const { round, rounds } = openRounds()
  rounds(6, 100)
  const usual = round(100)
  t.equal(usual, 34)
  // The average passes four times the best after some answers of 420 ms only when these are all there are.
  t.equal(round(390), usual)
  t.ok(round(390) > usual / 2, 'less than four times as long is no trouble')

  const slow = openRounds()
  slow.rounds(6, 100)
  const before = slow.round(900)
  const after = slow.round(900)
  // Halved in the middle of the round, they grow again by a quarter for what comes after that.
  t.ok(after >= before / 2 && after < before, `${after} after ${before}`)
  const later = slow.round(900)
  t.ok(later >= after, `${later}: not once more in the same window`)
})

t.test('kinds of requests that take differently long are no sign of trouble', async (t) => {
  const { round, concurrency } = openRounds()
  for (let count = 0; count < 6; count++) round(100, undefined, 'page')
  const before = concurrency.wanted()
  for (let count = 0; count < 3; count++) t.ok(round(900, undefined, 'parts') >= 34, 'not halved')
  t.ok(concurrency.wanted() > before, 'and the average counts')
})

t.test('answers in flight have room in the memory of the attempt', async (t) => {
  const { concurrency, rounds } = openRounds({ mostBytes: () => 50_000 })
  t.equal(rounds(6, 400).at(-1), 50)
  t.equal(concurrency.withinMemory(), 50)
  t.equal(
    openRounds({ mostBytes: () => 0 })
      .rounds(6, 400)
      .at(-1),
    2,
    'a few in any case',
  )
})
