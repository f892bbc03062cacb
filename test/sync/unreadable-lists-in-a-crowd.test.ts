import t from 'tap'
import type { SimulatorOptions } from '../../simulator/options.ts'
import { createAcceleratedClock } from '../support/accelerated-clock.ts'
import { editAnswers } from '../support/edited-answers.ts'
import { collectSync, contactsOf, cutContactsOf } from '../support/engine.ts'
import { listenSimulator } from '../support/listening-simulator.ts'

const streams = ['contacts']
const now = Date.UTC(2026, 4, 5)

/** A workspace in which some contacts, by their place, have a list that search cuts and Intercom then fails over. */
async function workspaceWithFailingLists(
  t: { teardown(close: () => unknown): void },
  { places, ...options }: SimulatorOptions & { contacts: number; places: number[] },
) {
  const clock = createAcceleratedClock(now, 200)
  const tags = Array.from({ length: options.contacts }, (_, place) => (places.includes(place) ? 12 : 1))
  const simulator = await listenSimulator(t, { tags: 20, listLengths: { tags }, oddities: false, clock, ...options })
  const contacts = simulator.workspace.collection('contacts').latest()
  const idsAt = (wanted: number[]) =>
    contacts.flatMap(({ plan }) => (wanted.includes(plan.index) ? [plan.id] : [])).toSorted()
  const failing = idsAt(places)
  for (const id of failing)
    simulator.faults.next([{ match: { path: `/contacts/${id}/tags` }, status: 503, repeat: 1000 }])
  return { clock, simulator, failing, idsAt }
}

/** Contacts of which the first so many were all changed in one second, long ago. */
const crowded = (crowd: number): SimulatorOptions & { contacts: number } => ({
  contacts: crowd + 100,
  firstTimes: { contacts: Array.from({ length: crowd }, () => now / 1000 - 90 * 86_400) },
})

const idsOf = (messages: Buffer) =>
  contactsOf(messages)
    .map(({ id }) => String(id))
    .toSorted()

// More of one second than a page holds, and so many that the second is cut by the time of creation.
for (const newestVersion of ['2.17', '2.16'])
  for (const crowd of [400, 7_000])
    t.test(`API ${newestVersion}: of ${crowd} contacts changed at once two have lists that fail`, async (t) => {
      const { simulator, clock, failing } = await workspaceWithFailingLists(t, {
        ...crowded(crowd),
        places: [crowd / 4, crowd - 10],
        newestVersion,
      })
      const first = await collectSync({ baseUrl: simulator.url, streams, clock })
      t.match(first.outcome?.failure, { code: 'records_unreadable' })
      t.same(cutContactsOf(first.messages), failing, 'they are delivered with the lists as they stand')

      simulator.faults.clear()
      const second = await collectSync({ baseUrl: simulator.url, streams, clock, state: first.state })
      t.equal(second.outcome?.failure, undefined)
      t.same(idsOf(second.messages), failing, 'they come, and nobody else')
      t.same(cutContactsOf(second.messages), [])
      const third = await collectSync({ baseUrl: simulator.url, streams, clock, state: second.state })
      t.same(idsOf(third.messages), [])
    })

t.test('a page of the crowd that fails in the next sync is read around, for those that wait alone', async (t) => {
  const { simulator, clock, failing, idsAt } = await workspaceWithFailingLists(t, {
    ...crowded(400),
    places: [100, 390],
  })
  const first = await collectSync({ baseUrl: simulator.url, streams, clock })
  simulator.faults.clear()
  const [poison = ''] = idsAt([200])
  const baseUrl = await editAnswers(t, simulator, ({ path, body }) =>
    path === '/contacts/search' && body.includes(poison) ? { status: 500, body: '{}' } : {},
  )
  const second = await collectSync({ baseUrl, streams, clock, state: first.state })
  t.equal(second.outcome?.failure, undefined, 'the one on the page has been delivered before')
  t.same(idsOf(second.messages), failing)
})

t.test('a contact that was set aside and comes in the same sync, as it changed, is missing no more', async (t) => {
  const { simulator, clock, failing } = await workspaceWithFailingLists(t, {
    contacts: 200,
    places: [0],
    indexLagMs: 0,
  })
  const [id = ''] = failing
  // Whether Intercom answers at all is asked after the first failure, and again after the last.
  let confirmed = 0
  let hasFailed = false
  const baseUrl = await editAnswers(t, simulator, ({ path }) => {
    hasFailed ||= path.includes(`/contacts/${id}/tags`)
    if (path === '/me' && hasFailed && ++confirmed === 2) {
      simulator.faults.clear()
      simulator.workspace.mutate({ kind: 'update', ids: [id] })
    }
    return {}
  })
  const { messages, outcome, state } = await collectSync({ baseUrl, streams, clock })
  t.equal(outcome?.failure, undefined)
  t.equal(idsOf(messages).filter((other) => other === id).length, 2, 'as it stood, and then as it changed')
  t.same(cutContactsOf(messages), [id], 'the first time with its list cut')
  t.notMatch(JSON.stringify(state), 'aside')
})
