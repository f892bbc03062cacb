import t from 'tap'
import { editAnswers } from '../support/edited-answers.ts'
import { collectSync, contactsOf, recordsOf } from '../support/engine.ts'
import { listenSimulator } from '../support/listening-simulator.ts'
import { createManualClock } from '../support/manual-clock.ts'

const day = 86_400
const now = Date.UTC(2026, 2, 10, 12) / 1000
const stateOf = (stream_state: object) => [
  { type: 'STREAM', stream: { stream_descriptor: { name: 'contacts' }, stream_state } },
]

for (const api_version of ['2.16', '2.17'])
  t.test(`API ${api_version}: a record whose time is in milliseconds hides no other`, async (t) => {
    const clock = createManualClock(now * 1000)
    const simulator = await listenSimulator(t, {
      contacts: 900,
      oddities: false,
      clock,
      span: { from: now - 5 * day, to: now },
    })
    // As Intercom sorts by the raw number, it stands before all others when the newest come first.
    const old = '{"type":"contact","id":"broken","updated_at":1600000000000,"created_at":1600000000}'
    const baseUrl = await editAnswers(t, simulator, ({ body, asked }) => {
      const isTop = asked.includes('"descending"') && !asked.includes('starting_after')
      return isTop ? { body: body.replace('"data":[', `"data":[${old},`) } : {}
    })
    const request = { baseUrl, clock, streams: ['contacts'], config: { access_token: 'simulator-token', api_version } }
    const state = stateOf({ updated_at: now - 5 * day, intercom_sync: { v: 1 } })
    const first = await collectSync({ ...request, state })
    const ids = contactsOf(first.messages).map(({ id }) => id)
    t.equal(ids.filter((id) => id !== 'broken').length, 900)
    t.ok(ids.filter((id) => id === 'broken').length <= 1)
    const quiet = await collectSync({ ...request, state: first.state })
    t.same(contactsOf(quiet.messages), [])
  })

t.test('a company whose time is in milliseconds is as old as that time says', async (t) => {
  const clock = createManualClock(now * 1000)
  const span = { from: now - 20 * day, to: now - 10 * day }
  const simulator = await listenSimulator(t, { companies: 20, contacts: 20, oddities: false, clock, span })
  const [older = '', younger = ''] = simulator.workspace
    .collection('companies')
    .latest()
    .map(({ plan }) => plan.id)
  const times: Record<string, number> = { [older]: now - 5 * day, [younger]: now - 3 * day }
  const baseUrl = await editAnswers(t, simulator, ({ body, path, status }) => {
    if (!path.startsWith('/companies/scroll') || status !== 200) return {}
    const { data, ...rest } = JSON.parse(body) as { data: { id: string; updated_at: number }[] }
    for (const company of data) company.updated_at = (times[company.id] ?? now - 9 * day) * 1000
    return { body: JSON.stringify({ ...rest, data }) }
  })
  const stream_state = { updated_at: now - 4 * day, intercom_sync: { v: 1 } }
  const state = [{ type: 'STREAM', stream: { stream_descriptor: { name: 'companies' }, stream_state } }]
  const { messages } = await collectSync({ baseUrl, clock, streams: ['companies'], state })
  t.same(
    recordsOf(messages, 'companies').map(({ id }) => id),
    [younger],
  )
})
