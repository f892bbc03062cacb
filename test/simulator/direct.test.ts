import t from 'tap'
import { answerDirectly } from '../../simulator/serving/direct.ts'
import { listenSimulator } from '../support/listening-simulator.ts'
import { createManualClock } from '../support/manual-clock.ts'

const small = { contacts: 12, conversations: 3, companies: 3, oddities: false }
const query = { field: 'updated_at', operator: '>', value: 0 }

t.test('what is answered without a socket is what a socket brings', async (t) => {
  const clock = createManualClock()
  const simulator = await listenSimulator(t, { ...small, clock })
  const direct = await listenSimulator(t, { ...small, clock })
  const requests: [path: string, body?: object][] = [
    ['/me'],
    ['/contacts/search', { query, pagination: { per_page: 5 } }],
    ['/contacts/search', {}],
    ['/conversations/5'],
    ['/conversations/nobody'],
    ['/data_attributes?model=contact'],
    ['/nowhere'],
  ]
  for (const [url, body] of requests) {
    const bySocket = await simulator.ask(url, { version: '2.16', ...(body && { body }) })
    const answer = await answerDirectly(direct, {
      method: body === undefined ? 'GET' : 'POST',
      url,
      headers: { authorization: 'Bearer simulator-token', 'intercom-version': '2.16' },
      body,
    })
    t.same([answer?.status, answer?.body.toString()], [bySocket.status, await bySocket.text()])
    for (const name of ['date', 'intercom-version', 'x-ratelimit-remaining', 'content-type'])
      t.equal(answer?.headers[name], bySocket.headers.get(name), `${name} of ${url}`)
  }
})

t.test('faults meet requests without a socket, too', async (t) => {
  const simulator = await listenSimulator(t, small)
  const ask = () =>
    answerDirectly(simulator, {
      method: 'GET',
      url: '/tags',
      headers: { authorization: 'Bearer simulator-token' },
      body: undefined,
    })
  simulator.faults.next([{ status: 503 }, { reset: 'before-headers' }, { reset: 'mid-body' }, { truncate: 20 }])
  t.equal((await ask())?.status, 503)
  t.equal(await ask(), undefined)
  t.equal(await ask(), undefined)
  t.equal((await ask())?.body.length, 20)
  t.equal((await ask())?.status, 200)
})
