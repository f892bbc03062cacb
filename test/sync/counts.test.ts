import t from 'tap'
import { editAnswers } from '../support/edited-answers.ts'
import { collectSync, contactsOf, judge, parseLines } from '../support/engine.ts'
import { listenSimulator } from '../support/listening-simulator.ts'

const search = { match: { path: '/contacts/search' } }
const logsOf = (messages: Buffer) => parseLines(messages).flatMap(({ log }) => log ?? [])

/** A page as the simulator gives it, for faults that change one thing about it. */
async function pageWithout(url: string, members: string[]): Promise<object> {
  const response = await fetch(`${url}/contacts/search`, {
    method: 'POST',
    headers: {
      authorization: 'Bearer simulator-token',
      'content-type': 'application/json',
      'intercom-version': '2.17',
    },
    body: JSON.stringify({
      query: { field: 'updated_at', operator: '>', value: 0 },
      sort: { field: 'updated_at', order: 'ascending' },
      pagination: { per_page: 150 },
    }),
  })
  const page = (await response.json()) as Record<string, unknown>
  return Object.fromEntries(Object.entries(page).filter(([name]) => !members.includes(name)))
}

t.test('an answer without a count is no reason to read twice', async (t) => {
  const simulator = await listenSimulator(t, { contacts: 100, oddities: false })
  const body = await pageWithout(simulator.url, ['total_count'])
  simulator.faults.next([{ ...search, body }])
  const before = simulator.requests.totals.requests
  const { messages } = await collectSync({ baseUrl: simulator.url, streams: ['contacts'] })
  t.equal(contactsOf(messages).length, 100)
  t.same(logsOf(messages), [])
  const routes = simulator.requests.entries.slice(before).map(({ route }) => route)
  const lists = (route: string) => route.startsWith('/contacts/:id/')
  t.same(
    routes.filter((route) => !lists(route)),
    ['/me', '/contacts/search', '/contacts/search'],
    'settings, slice, tail',
  )
})

t.test('a count of nothing is not believed when a record comes with it', async (t) => {
  const simulator = await listenSimulator(t, { contacts: 100, oddities: false })
  const page = await pageWithout(simulator.url, [])
  simulator.faults.next([{ ...search, body: { ...page, total_count: 0 }, headers: { 'Intercom-Version': '2.17' } }])
  const { messages } = await collectSync({ baseUrl: simulator.url, streams: ['contacts'] })
  t.same((await judge(simulator, messages, { expectStreams: ['contacts'] })).faults, [])
})

t.test('a slice that held fewer records than were counted is read once more, and then said to be short', async (t) => {
  const simulator = await listenSimulator(t, { contacts: 100, oddities: false })
  const page = (await pageWithout(simulator.url, [])) as { data: unknown[] }
  const gap = { ...page, data: page.data.slice(0, 90), pages: { type: 'pages', next: null } }
  simulator.faults.next([{ ...search, body: gap }])
  const mended = await collectSync({ baseUrl: simulator.url, streams: ['contacts'] })
  t.equal(contactsOf(mended.messages).length, 100)
  t.same(logsOf(mended.messages), [])
  simulator.faults.next([{ ...search, repeat: 4, body: gap }])
  const short = await collectSync({ baseUrl: simulator.url, streams: ['contacts'] })
  t.equal(contactsOf(short.messages).length, 90)
  t.match(logsOf(short.messages), [{ level: 'WARN', message: /counted 100 .* gave 90/ }])
})

t.test('a long slice without any count is read to its end', async (t) => {
  const simulator = await listenSimulator(t, { contacts: 4500, oddities: false })
  const baseUrl = await editAnswers(t, simulator, ({ body }) => ({
    body: body.replace(/"total_count":\d+,/, ''),
  }))
  const { messages } = await collectSync({ baseUrl, streams: ['contacts'] })
  t.equal(contactsOf(messages).length, 4500)
})
