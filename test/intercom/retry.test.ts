import t from 'tap'
import { CodedError } from '../../src/errors.ts'
import { retry } from '../../src/intercom/answers/retry.ts'
import { RateLimitedError } from '../../src/intercom/budget/rate-limited.ts'
import { createManualClock } from '../support/manual-clock.ts'

const minute = 60_000
const signal = new AbortController().signal

/** Tries that take `ms` each, with these outcomes one after the other; the last is repeated. */
function script(clock: ReturnType<typeof createManualClock>, ms: number, outcomes: (Error | 'answer')[]) {
  let tries = 0
  const tryOnce = async () => {
    clock.advance(ms)
    const outcome = outcomes[Math.min(tries++, outcomes.length - 1)]
    if (outcome instanceof Error) throw outcome
    return outcome
  }
  return { tryOnce, tries: () => tries }
}

t.test('a request that waited long for its permit is not given up at the first 429', async (t) => {
  const clock = createManualClock()
  const { tryOnce } = script(clock, 11 * minute, [new RateLimitedError('/tags'), 'answer'])
  t.equal(await retry(tryOnce, { clock, random: () => 0, signal }), 'answer')
})

t.test('a request that gets nothing but 429s is given up after ten minutes', async (t) => {
  const clock = createManualClock()
  const { tryOnce, tries } = script(clock, minute, [new RateLimitedError('/tags')])
  await t.rejects(retry(tryOnce, { clock, random: () => 0, signal }), { code: 'intercom_unavailable' })
  t.equal(tries(), 12)
})

t.test('an error that will not pass is not tried again', async (t) => {
  const clock = createManualClock()
  const { tryOnce, tries } = script(clock, 0, [new CodedError('intercom_rejected'), 'answer'])
  await t.rejects(retry(tryOnce, { clock, random: () => 0, signal }), { code: 'intercom_rejected' })
  t.equal(tries(), 1)
})
