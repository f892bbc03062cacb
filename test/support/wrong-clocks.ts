import type { DirectAnswer } from '../../simulator/serving/direct.ts'
import type { Clock } from '../../src/clock.ts'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

/** How a `Date` can be wrong: so many ms ahead of the truth, or not a time at all. */
export const wrongDates = {
  'a day behind': -day,
  'an hour behind': -hour,
  'half a minute ahead': minute / 2,
  'half an hour ahead': hour / 2,
  'two hours ahead': 2 * hour,
  'a day ahead': day,
  'of the year 2100': 'Fri, 01 Jan 2100 00:00:00 GMT',
  unparseable: 'soon',
  missing: undefined,
} as const
export type WrongDate = keyof typeof wrongDates

/** Which answers have the wrong date: one, after so many others; one of ten from there on; or all. */
export interface WrongDates {
  date: WrongDate
  often: 'once' | 'sometimes' | 'always'
  after: number
}

/** How the machine's clock can be wrong: so many ms ahead, from the start or from a moment so many ms later. */
export interface WrongMachine {
  aheadMs: number
  jumpsAfterMs: number
}

/** What has handled an answer between Intercom and the client. */
export type OnAnswers = 'as they are' | 'refused for the rate limit' | 'of somebody else'

/** Says for one answer after another whether its `Date` is wrong. */
export function whichAreWrong({ often, after }: WrongDates): () => boolean {
  let answers = 0
  return () => {
    const place = answers++ - after
    return often === 'always' || place === 0 || (often === 'sometimes' && place > 0 && place % 10 === 0)
  }
}

/** The answers of a job, some of them with wrong dates. @param on what happens to an answer with a wrong date */
export function withWrongDates(
  dates: WrongDates,
  clock: Clock,
  on: OnAnswers = 'as they are',
): (answer: DirectAnswer, path: string) => DirectAnswer {
  const isWrong = whichAreWrong(dates)
  return (answer, path) => {
    if (!isWrong()) return answer
    // A lost answer of the scroll costs a minute, because of Intercom's rules and not because of any clock.
    if (on !== 'as they are' && path === '/companies/scroll') return answer
    const { date: _right, ...headers } = answer.headers
    const written = dateHeader(dates.date, clock.now())
    return replaced({ ...answer, headers: { ...headers, ...(written !== undefined && { date: written }) } }, on)
  }
}

/** @param now the true time, ms since the epoch @returns undefined when there is no header */
export function dateHeader(date: WrongDate, now: number): string | undefined {
  const wrong = wrongDates[date]
  return typeof wrong === 'number' ? new Date(now + wrong).toUTCString() : wrong
}

function replaced(answer: DirectAnswer, on: OnAnswers): DirectAnswer {
  const { date } = answer.headers
  const dated = date === undefined ? {} : { date }
  if (on === 'of somebody else')
    return {
      status: 502,
      headers: { ...dated, 'content-type': 'text/html' },
      body: Buffer.from('<html><head><title>502 Bad Gateway</title></head></html>'),
    }
  if (on === 'as they are') return answer
  const errors = [{ code: 'rate_limit_exceeded', message: 'Exceeded rate limit of 1666 in 10_seconds' }]
  const headers = { ...answer.headers, 'x-ratelimit-remaining': '0' }
  return { status: 429, headers, body: Buffer.from(JSON.stringify({ type: 'error.list', errors })) }
}

/** The clock of a machine, derived from the true one: it runs at the same speed and shows another time. */
export function machineClock(truth: Clock, { aheadMs, jumpsAfterMs }: WrongMachine): Clock {
  const start = truth.monotonic()
  const isWrong = () => truth.monotonic() - start >= jumpsAfterMs
  return {
    now: () => truth.now() + (isWrong() ? aheadMs : 0),
    monotonic: () => truth.monotonic(),
    sleep: (ms, signal) => truth.sleep(ms, signal),
  }
}
