import t from 'tap'
import { createAcceleratedClock } from '../support/accelerated-clock.ts'
import { editAnswers } from '../support/edited-answers.ts'
import { collectSync, contactsOf, judge, recordsOf } from '../support/engine.ts'
import { listenSimulator } from '../support/listening-simulator.ts'
import { createManualClock } from '../support/manual-clock.ts'

const hour = 3600
const seconds = (iso: string) => Date.parse(iso) / 1000

/** Workspaces at the edges of the calendar: far zones, a half-hour zone, both DST changes, and times about midnight. */
const places = [
  { timezone: 'Pacific/Kiritimati', now: '2026-03-10T09:59:30Z' },
  { timezone: 'Pacific/Kiritimati', now: '2026-03-10T10:00:30Z' },
  { timezone: 'Pacific/Pago_Pago', now: '2026-03-10T11:00:05Z' },
  { timezone: 'Pacific/Pago_Pago', now: '2026-03-10T10:59:55Z' },
  { timezone: 'Asia/Kolkata', now: '2026-03-10T18:30:00Z' },
  { timezone: 'America/New_York', now: '2026-03-08T07:00:10Z' },
  { timezone: 'America/New_York', now: '2026-11-01T06:00:10Z' },
  { timezone: 'America/New_York', now: '2026-11-02T04:59:58Z' },
  { timezone: 'UTC', now: '2026-01-01T00:00:00Z' },
]

for (const newestVersion of ['2.16', '2.17'])
  for (const { timezone, now } of places)
    t.test(`${timezone} at ${now}, API ${newestVersion}: contacts that change while they are read`, async (t) => {
      const clock = createManualClock(Date.parse(now))
      const simulator = await listenSimulator(t, {
        seed: 7,
        contacts: 1200,
        timezone,
        newestVersion,
        clock,
        span: { from: seconds(now) - 60 * hour, to: seconds(now) },
        mutationPlan: {
          every: 2,
          until: 8,
          mutations: [
            { kind: 'update', count: 20 },
            { kind: 'create', count: 3 },
          ],
        },
      })
      const options = { baseUrl: simulator.url, clock, streams: ['contacts'] }

      const first = await collectSync(options)
      const report = await judge(simulator, first.messages, { expectStreams: ['contacts'] })
      t.same(report.faults, [], 'nothing missing, stale, unexpected or twice in the sync in which it changed')

      clock.advance(90_000)
      const quiet = await collectSync({ ...options, state: first.state })
      t.equal(contactsOf(quiet.messages).length, 0, 'a quiet second sync has no records')

      clock.advance(26 * hour * 1000)
      const changed = new Set([
        ...simulator.workspace.mutate({ kind: 'update', count: 40 }),
        ...simulator.workspace.mutate({ kind: 'create', count: 5 }),
      ])
      clock.advance(1000)
      const third = await collectSync({ ...options, state: quiet.state })
      const ids = contactsOf(third.messages).map(({ id }) => id as string)
      t.same(ids.toSorted(), [...changed].toSorted(), 'the third sync has exactly what changed since')
    })

t.test('what changes in the second of the first look, which found nothing, comes in the same sync', async (t) => {
  const now = Date.UTC(2026, 4, 5)
  const clock = createAcceleratedClock(now, 20)
  const simulator = await listenSimulator(t, {
    conversations: 5,
    clock,
    span: { from: now / 1000 - 9 * hour, to: now / 1000 - 8 * hour },
    mutationPlan: { every: 1, until: 1, mutations: [{ stream: 'conversations', kind: 'update' }] },
  })
  simulator.faults.next([{ match: { path: '/conversations/search' }, at: 'mid-body', delayMs: 1500 }])
  const config = { access_token: 'simulator-token', start_date: '2026-05-04T23:00:00Z' }
  const { messages } = await collectSync({ baseUrl: simulator.url, clock, streams: ['conversations'], config })
  t.equal(recordsOf(messages, 'conversations').length, 1)
})

t.test('what changes while the first look is under way is delivered', async (t) => {
  const clock = createManualClock(Date.UTC(2026, 4, 5))
  const simulator = await listenSimulator(t, { contacts: 20, oddities: false, clock })
  let created: string[] = []
  const baseUrl = await editAnswers(t, simulator, ({ path }) => {
    if (path !== '/contacts/search' || created.length > 0) return {}
    clock.advance(5000)
    created = simulator.workspace.mutate({ kind: 'create', count: 2 })
    clock.advance(5000)
    return {}
  })
  const { messages } = await collectSync({ baseUrl, clock, streams: ['contacts'] })
  const ids = contactsOf(messages).map(({ id }) => id)
  t.same(
    created.filter((id) => !ids.includes(id)),
    [],
  )
  t.equal(created.length, 2)
})
