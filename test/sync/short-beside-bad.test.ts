import t from 'tap'
import { halfDeleted } from '../../simulator/faults/trap.ts'
import { createAcceleratedClock } from '../support/accelerated-clock.ts'
import { editAnswers } from '../support/edited-answers.ts'
import { collectSync, parseLines, recordsOf } from '../support/engine.ts'
import { listenSimulator } from '../support/listening-simulator.ts'

const now = Date.UTC(2026, 4, 5)
const search = { path: '/contacts/search' }

for (const newestVersion of ['2.17', '2.16'])
  t.test(`API ${newestVersion}: what a short page lacks comes, though a bad page has the slice cut`, async (t) => {
    const clock = createAcceleratedClock(now, 500)
    const span = { from: now / 1000 - 86_400 * 8, to: now / 1000 - 7200 }
    const simulator = await listenSimulator(t, { contacts: 1200, clock, span, newestVersion, oddities: false })
    const ids = [...simulator.workspace.truth()]
      .filter(({ stream }) => stream === 'contacts')
      .toSorted((one, other) => Number(one.updatedAt) - Number(other.updatedAt))
      .map(({ id }) => id)
    const bad = ids[900] ?? ''
    // Newest first, the bad page lies behind the short one, too.
    const older = now / 1000 - 7 * 86_400
    const stream_state = { updated_at: older, intercom_sync: { v: 1 } }
    const given = [{ type: 'STREAM', stream: { stream_descriptor: { name: 'contacts' }, stream_state } }]
    for (const state of newestVersion === '2.16' ? [[], given] : [[]])
      for (const skip of [2, 3, 4, 5]) {
        simulator.faults.traps = [{ ...halfDeleted(state.length > 0 ? (ids[500] ?? '') : bad), stream: 'contacts' }]
        simulator.faults.clear()
        simulator.faults.next([{ match: search, skip, repeat: 2, lacks: 10 }])
        const { messages, outcome } = await collectSync({ baseUrl: simulator.url, clock, streams: ['contacts'], state })
        const came = recordsOf(messages, 'contacts').map(({ id }) => String(id))
        t.equal(simulator.faults.remaining, 0)
        t.equal(outcome?.failure?.code, 'records_unreadable')
        const expected = [...simulator.workspace.truth()].filter(
          ({ stream, updatedAt }) => stream === 'contacts' && (state.length === 0 || Number(updatedAt) >= older),
        )
        t.equal(new Set(came).size, expected.length - 1, `all but the bad one, the page after ${skip} others is short`)
        t.equal(came.length, new Set(came).size, 'each once')
      }
  })

t.test('newest first: short pages are told of, though Intercom counts nothing', async (t) => {
  const clock = createAcceleratedClock(now, 500)
  const span = { from: now / 1000 - 86_400 * 8, to: now / 1000 - 7200 }
  const simulator = await listenSimulator(t, { contacts: 2400, clock, span, newestVersion: '2.16', oddities: false })
  const baseUrl = await editAnswers(t, simulator, ({ path, body }) =>
    path === search.path ? { body: body.replace(/"total_count":\d+,"pages"/, '"pages"') } : {},
  )
  const stream_state = { updated_at: now / 1000 - 2 * 86_400, intercom_sync: { v: 1 } }
  const state = [{ type: 'STREAM', stream: { stream_descriptor: { name: 'contacts' }, stream_state } }]
  simulator.faults.next([{ match: search, skip: 3, repeat: 40, lacks: 10 }])
  const { messages } = await collectSync({ baseUrl, clock, streams: ['contacts'], state })
  const warnings = parseLines(messages).flatMap(({ log }) => (log?.level === 'WARN' ? log.message : []))
  t.match(warnings, [/pages of contacts that were not full though others followed, twice/])
})
