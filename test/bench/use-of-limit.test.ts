import t from 'tap'
import { sharesOf } from '../../bench/subjects/shares-of-streams.ts'
import { useAfter } from '../../bench/subjects/trouble-use.ts'
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
      records: 1,
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
  const cut = { time: window, status: 200, route: '/contacts/:id/tags', records: 1 }
  t.equal(useOf([...requests, cut, cut], limit, 80).beyond, 0.25)
})

t.test('after trouble the second window counts, and refusals only beyond the limit', async (t) => {
  // The third window is spoiled, in the fourth it goes on slowly.
  const requests = requestsOf(100, 100, 10, 60, 95, 100, 20).map((request) => ({ ...request, status: 429 }))
  const trouble = { afterMs: 25_000, forMs: 2000 }
  t.same(useAfter(requests, 100, trouble), { refused: 0, usedAfterTrouble: 0.95 })
  t.same(useAfter(requestsOf(100, 100, 10, 60, 80, 110, 20), 100, trouble), {
    refused: 10 / 480,
    usedAfterTrouble: 0.8,
  })
  t.equal(useAfter(requestsOf(100, 100, 10, 60, 80), 100, trouble).usedAfterTrouble, undefined, 'no whole window')
})

t.test('streams share while each has something to ask for', async (t) => {
  const request = (route: string, ...times: number[]) => times.map((time) => ({ time, status: 200, route, records: 1 }))
  const requests = [
    ...request('/contacts/search', 0, 100, 200, 300, 400, 500, 600),
    ...request('/conversations/:id', 100, 110, 120, 130, 140, 150, 160, 500, 900),
    ...request('/companies/:id/segments', 100, 480, 2000),
    ...request('/companies/scroll', 0, 450, 900, 1400),
  ]
  const { slowestShare, scrollGapMs } = sharesOf(requests, 400)
  // Until the contacts have ended, from 100 to 600: 6 contacts, 8 conversations, 2 companies.
  t.equal(slowestShare, 2 / (16 / 3))
  t.equal(scrollGapMs, 100)
  t.equal(sharesOf(request('/contacts/search', 0), 400).slowestShare, undefined)
})
