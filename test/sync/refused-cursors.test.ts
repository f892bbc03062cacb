import t from 'tap'
import { createAcceleratedClock } from '../support/accelerated-clock.ts'
import { editAnswers } from '../support/edited-answers.ts'
import { collectSync, judge } from '../support/engine.ts'
import { listenSimulator } from '../support/listening-simulator.ts'
import { createManualClock } from '../support/manual-clock.ts'

const refusal = (skip: number) => ({ match: { path: '/contacts/search' }, skip, status: 400 })

for (const newestVersion of ['2.16', '2.17'])
  t.test(
    `API ${newestVersion}: cursors that are refused now and then are done without, with nothing twice`,
    async (t) => {
      const clock = createAcceleratedClock(Date.UTC(2026, 4, 5), 20)
      const simulator = await listenSimulator(t, { contacts: 2900, newestVersion, clock, oddities: false })
      simulator.faults.next([refusal(6), refusal(4), refusal(4)])
      const { messages, outcome } = await collectSync({ baseUrl: simulator.url, clock, streams: ['contacts'] })
      t.equal(outcome?.failure, undefined)
      t.same((await judge(simulator, messages, { expectStreams: ['contacts'] })).faults, [])
      t.equal(simulator.requests.totals.byStatus[400], 3)
    },
  )

t.test('an attempt whose first cursor is refused brings nothing again of what the one before has read', async (t) => {
  const clock = createManualClock(Date.UTC(2026, 4, 5))
  const setting = { contacts: 12, clock, oddities: false, largestPage: 1, cursorsOpaque: true }
  const simulator = await listenSimulator(t, setting)
  // Each answer takes longer than a commit waits, so each page is one.
  const baseUrl = await editAnswers(t, simulator, () => {
    clock.advance(300)
    return {}
  })
  const request = { baseUrl, clock, streams: ['contacts'] }
  const whole = await collectSync(request)
  for (let stopAfter = 1; stopAfter < whole.commits.length; stopAfter++) {
    const first = await collectSync({ ...request, stopAfter })
    simulator.faults.next([{ match: { path: '/contacts/search', paged: true }, status: 400 }])
    const rest = await collectSync({ ...request, held: first.commits })
    simulator.faults.clear()
    const messages = Buffer.concat([first.messages, rest.messages])
    t.equal(rest.outcome?.failure, undefined)
    t.same((await judge(simulator, messages, { expectStreams: ['contacts'] })).faults, [], `after ${stopAfter} commits`)
  }
  t.ok(whole.commits.length > 5)
})

t.test('a cursor that is refused again at the same place fails loudly', async (t) => {
  const clock = createAcceleratedClock(Date.UTC(2026, 4, 5), 20)
  // A bulk edit: all within one second, so that no page gets any further in time.
  const span = { from: 1_770_000_000, to: 1_770_000_001 }
  const simulator = await listenSimulator(t, { contacts: 600, clock, span, oddities: false })
  simulator.faults.next([3, 1].map(refusal))
  await t.rejects(collectSync({ baseUrl: simulator.url, clock, streams: ['contacts'] }), { code: 'intercom_rejected' })
})
