import t from 'tap'
import { createAcceleratedClock } from '../support/accelerated-clock.ts'
import { editAnswers } from '../support/edited-answers.ts'
import { collectSync, contactsOf, cutContactsOf, judge, parseLines } from '../support/engine.ts'
import { listenSimulator } from '../support/listening-simulator.ts'

const streams = ['contacts']
const long = { companies: [130], notes: [125], tags: [11] }
const listen = (t: Parameters<typeof listenSimulator>[0], options = {}) =>
  listenSimulator(t, { contacts: 20, oddities: false, tags: 20, listLengths: long, ...options })

interface ListAnswer {
  data: object[]
  pages?: { next: string | null; page: number; per_page: number; total_pages: number }
  total_count?: number
}

type Pages = NonNullable<ListAnswer['pages']>

const elsewhere = (next: string) => next.replace('https://api.intercom.io', 'http://127.0.0.1:9')

/** Ways in which Intercom has been seen, or is documented, to tell of the next page and of the list. */
const forms: Record<string, (answer: ListAnswer, pages: Pages) => object> = {
  'a URL of another host': (answer, pages) => ({
    ...answer,
    pages: { ...pages, next: pages.next && elsewhere(pages.next) },
  }),
  'an object with the number': (answer, pages) => ({
    ...answer,
    pages: { ...pages, next: pages.next === null ? null : { page: pages.page + 1, per_page: 60 } },
  }),
  'nothing but the number of pages': (answer, pages) => ({ ...answer, pages: { ...pages, next: undefined } }),
  'a list by the name of the endpoint': ({ data, ...answer }) => ({ ...answer, companies: data, notes: data }),
}

for (const [name, form] of Object.entries(forms))
  t.test(`paged lists are read to their end: ${name}`, async (t) => {
    const simulator = await listen(t)
    const baseUrl = await editAnswers(t, simulator, ({ path, body }) => {
      const answer = /\/(notes|companies)\?/.test(path) ? (JSON.parse(body) as ListAnswer) : undefined
      return answer?.pages ? { body: JSON.stringify(form(answer, answer.pages)) } : {}
    })
    const { messages } = await collectSync({ baseUrl, streams })
    t.same((await judge(simulator, messages)).faults, [])
    const { byPath } = simulator.requests.totals
    t.match(byPath, { '/contacts/:id/companies': 6, '/contacts/:id/notes': 6, '/contacts/:id/tags': 1 })
  })

t.test('an item that fell between two pages is found by reading until two readings agree', async (t) => {
  const simulator = await listen(t)
  let lost = 0
  const baseUrl = await editAnswers(t, simulator, ({ path, body }) => {
    if (!path.includes('/notes?') || !path.includes('page=2') || lost++ > 0) return {}
    const answer = JSON.parse(body) as ListAnswer
    return { body: JSON.stringify({ ...answer, data: answer.data.slice(1) }) }
  })
  const { messages } = await collectSync({ baseUrl, streams })
  t.same((await judge(simulator, messages)).faults, [])
  t.equal(simulator.requests.totals.byPath['/contacts/:id/notes'], 9, 'three readings: the last two agree')
})

t.test('pages that lead in circles fail loudly', async (t) => {
  const simulator = await listen(t)
  const baseUrl = await editAnswers(t, simulator, ({ path, body }) => {
    if (!path.includes('/notes?')) return {}
    const answer = JSON.parse(body) as ListAnswer
    const next = { page: 1 }
    return { body: JSON.stringify({ ...answer, pages: { ...answer.pages, next } }) }
  })
  const clock = createAcceleratedClock(Date.UTC(2026, 4, 5), 200)
  const { outcome } = await collectSync({ baseUrl, streams, clock })
  t.match(outcome?.failure, { code: 'records_unreadable' })
})

t.test('an answer that may pass is asked again; one that is damaged, too', async (t) => {
  const clock = createAcceleratedClock(Date.UTC(2026, 4, 5), 20)
  const simulator = await listen(t, { clock })
  for (const fault of [{ status: 500 }, { status: 429 }, { truncate: 40 }, { body: { type: 'list' } }])
    simulator.faults.next([{ match: { path: '/contacts/:id/companies' }, ...fault }])
  const { messages } = await collectSync({ baseUrl: simulator.url, streams, clock })
  t.same((await judge(simulator, messages)).faults, [])
  t.match(simulator.requests.totals.byStatus, { 500: 1, 429: 1 })
})

t.test('a list with an item that has no id is asked for again', async (t) => {
  const clock = createAcceleratedClock(Date.UTC(2026, 4, 5), 20)
  const simulator = await listen(t, { clock })
  let isDamaged = false
  const baseUrl = await editAnswers(t, simulator, ({ path, body, status }) => {
    if (isDamaged || !path.endsWith('/tags') || status !== 200) return {}
    isDamaged = true
    const answer = JSON.parse(body) as ListAnswer
    return { body: JSON.stringify({ ...answer, data: [{ type: 'tag' }, ...answer.data.slice(1)] }) }
  })
  const { messages } = await collectSync({ baseUrl, streams, clock })
  t.ok(isDamaged)
  t.same((await judge(simulator, messages)).faults, [])
})

for (const [status, newestVersion] of [
  [503, '2.17'],
  [503, '2.16'],
  [400, '2.17'],
] as const)
  t.test(
    `API ${newestVersion}: a contact whose list fails for good (${status}) is named, comes as it is, and whole when it can`,
    async (t) => {
      const clock = createAcceleratedClock(Date.UTC(2026, 4, 5), 200)
      const now = Date.UTC(2026, 4, 5) / 1000
      const simulator = await listenSimulator(t, {
        contacts: 200,
        tags: 20,
        listLengths: { tags: Array.from({ length: 200 }, (_, place) => (place % 20 === 0 ? 12 : 1)) },
        // Two of those that fail share their second with each other and with many more.
        firstTimes: { contacts: Array.from({ length: 40 }, () => now - 500_000) },
        oddities: false,
        newestVersion,
        clock,
      })
      const long = simulator.workspace
        .collection('contacts')
        .latest()
        .filter(({ plan }) => plan.index % 20 === 0)
      const failing = [0, 1, 5].map((place) => long[place]?.plan.id ?? '')
      for (const id of failing)
        simulator.faults.next([{ match: { path: `/contacts/${id}/tags` }, status, repeat: 1000 }])
      const first = await collectSync({ baseUrl: simulator.url, streams, clock })
      t.match(first.outcome?.failure, { code: 'records_unreadable', failureType: 'transient_error' })
      const warnings = parseLines(first.messages).flatMap(({ log }) => (log?.level === 'WARN' ? [log.message] : []))
      for (const id of failing) {
        t.ok(warnings.some((message) => message.includes(id)))
        t.ok(first.outcome?.failure?.message.includes(id), 'the failure names it')
      }
      t.same(cutContactsOf(first.messages), failing.toSorted(), 'they are delivered with the lists as they stand')
      t.equal(contactsOf(first.messages).length, 200)
      t.same(first.outcome?.streams[0]?.completeness?.retryIds?.toSorted(), failing.toSorted())

      simulator.faults.clear()
      const second = await collectSync({ baseUrl: simulator.url, streams, clock, state: first.state })
      t.equal(second.outcome?.failure, undefined)
      t.same(new Set(contactsOf(second.messages).map(({ id }) => id)), new Set(failing), 'they come, and nobody else')
      t.same(cutContactsOf(second.messages), [])
      const third = await collectSync({ baseUrl: simulator.url, streams, clock, state: second.state })
      t.same(contactsOf(third.messages), [])
    },
  )

t.test('lists that fail for all records fail the attempt', async (t) => {
  const clock = createAcceleratedClock(Date.UTC(2026, 4, 5), 200)
  const listLengths = { tags: Array.from({ length: 40 }, () => 12) }
  const simulator = await listenSimulator(t, { contacts: 40, tags: 20, listLengths, oddities: false, clock })
  simulator.faults.next([{ match: { path: '/contacts/:id/tags' }, status: 503, repeat: 10_000 }])
  await t.rejects(collectSync({ baseUrl: simulator.url, streams, clock }), { code: 'intercom_unavailable' })
})
