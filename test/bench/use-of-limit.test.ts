import t from 'tap'
import { useOf } from '../../bench/subjects/use-of-limit.ts'

const window = Date.UTC(2026, 0, 1)
const limit = { perWindow: 100, latencyMs: 400 }

/** Requests that come evenly, so many in each window of ten seconds. */
function requestsOf(...counts: number[]) {
  return counts.flatMap((count, place) =>
    Array.from({ length: count }, (_, at) => ({
      time: window + place * 10_000 + Math.floor((at * 10_000) / count),
      status: at < 100 ? 200 : 429,
      route: '/conversations/:id',
    })),
  )
}

t.test(
  'full windows are those between the first and the last, and a refused request uses nothing of them',
  async (t) => {
    t.match(useOf(requestsOf(10, 100, 50, 3), limit), {
      requests: 163,
      windows: 4,
      used: 0.75,
      leastUsed: 0.5,
      refused: 0,
    })
    t.match(useOf(requestsOf(10, 110, 3), limit), { used: 1, leastUsed: 1, refused: 10 / 123 })
  },
)

t.test('a sync within two windows has no full one, and says nothing about them', async (t) => {
  t.match(useOf(requestsOf(10, 100), limit), { used: undefined, leastUsed: undefined, timesIdealLater: undefined })
})

t.test('as many requests as are allowed take the ideal time', async (t) => {
  const { timesIdeal, timesIdealLater, seconds, secondsAfterFirst } = useOf(requestsOf(100, 100, 100, 100), limit)
  t.equal(seconds, 40.3, 'to the last answer')
  t.equal(secondsAfterFirst, 39.9)
  t.equal(timesIdeal.toFixed(4), (40.3 / 40).toFixed(4))
  t.equal(timesIdealLater?.toFixed(4), (30.3 / 30).toFixed(4))
})

t.test('lists that Intercom has cut are not counted as requests beyond those needed', async (t) => {
  const requests = requestsOf(100)
  const cut = { time: window, status: 200, route: '/contacts/:id/tags' }
  t.equal(useOf([...requests, cut, cut], limit, 80).beyond, 0.25)
})
