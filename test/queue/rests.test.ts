import fc from 'fast-check'
import t from 'tap'
import { chooseRests, type SlotState } from '../../src/queue/turns/rests.ts'

const flow = fc.record({ tenant: fc.constantFrom('a', 'b', 'c'), token: fc.constantFrom('one', 'two') })

/** Attempts that run in one process, each with its number. */
const attempts: fc.Arbitrary<SlotState[]> = fc
  .array(
    fc.record({
      flow,
      limitedMs: fc.option(fc.integer({ min: -100, max: 10_000 }), { nil: undefined }),
      mayRest: fc.boolean(),
      mayGiveWay: fc.boolean(),
      ranMs: fc.integer({ min: 0, max: 20_000 }),
    }),
    { maxLength: 10 },
  )
  .map((drawn) => drawn.map((attempt, place) => ({ ...attempt, jobId: place + 1 })))

function holds(what: string, fact: boolean): void {
  if (!fact) throw new Error(what)
}

const isLimited = ({ limitedMs = 0, mayRest }: SlotState) => mayRest && limitedMs > 1000

t.test('slots are given back by those that may, to those that wait, and never by more than wait', async (t) => {
  fc.assert(
    fc.property(fc.array(flow, { maxLength: 4 }), attempts, (waiting, running) => {
      const rests = chooseRests(waiting, running)
      const rested = rests.flatMap(({ jobId }) => running.filter((attempt) => attempt.jobId === jobId))
      holds('one for each that waits, at most', rests.length <= waiting.length && rested.length === rests.length)
      holds('each once', new Set(rested).size === rested.length)
      const limited = running.filter(isLimited)
      const ofLimit = rested.filter(isLimited)
      holds('those that wait for their limit first', ofLimit.length === Math.min(limited.length, waiting.length))
      const newest = limited.toSorted((one, other) => other.jobId - one.jobId).slice(0, ofLimit.length)
      holds(
        'of these the newest',
        newest.every((one) => ofLimit.includes(one)),
      )
      for (const one of rested.filter((attempt) => !isLimited(attempt))) {
        holds('it may give way', one.mayGiveWay)
        holds('and has had its turn', one.ranMs >= 2000)
        const others = waiting.filter(({ tenant, token }) => tenant !== one.flow.tenant || token !== one.flow.token)
        holds('another token waits', others.length > 0)
      }
    }),
    { numRuns: 2000 },
  )
  t.pass('2,000 drawn processes')
})

t.test('how long an attempt rests, and when its turn is over', async (t) => {
  const usual = { limitedMs: undefined, mayRest: true, mayGiveWay: true }
  const a = { tenant: 'a', token: 'one' }
  const b = { tenant: 'b', token: 'two' }
  const limited = { ...usual, jobId: 1, flow: a, limitedMs: 8000, ranMs: 0 }
  t.same(chooseRests([b], [limited]), [{ jobId: 1, restMs: 8000 }])
  t.same(chooseRests([b], [{ ...limited, limitedMs: 1000 }]), [], 'a short wait is no reason')
  t.same(chooseRests([], [limited]), [], 'nobody waits')
  const busy = (jobId: number, ranMs: number) => ({ ...usual, jobId, flow: a, ranMs })
  t.same(chooseRests([b], [busy(1, 10_000)]), [{ jobId: 1, restMs: 0 }])
  t.same(chooseRests([b], [busy(1, 9999)]), [], 'its turn is not over')
  t.same(chooseRests([b], [busy(1, 1999), busy(2, 2000)]), [{ jobId: 2, restMs: 0 }], 'a tenant with two gives one')
  t.same(chooseRests([a], [busy(1, 20_000)]), [], 'not to one of its own token')
})
