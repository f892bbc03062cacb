import t from 'tap'
import type { Fault } from '../../simulator/faults/fault.ts'
import { createAcceleratedClock } from '../support/accelerated-clock.ts'
import { editAnswers } from '../support/edited-answers.ts'
import { collectSync, joined, judge, parseLines, recordsOf } from '../support/engine.ts'
import { listenSimulator } from '../support/listening-simulator.ts'
import { createManualClock } from '../support/manual-clock.ts'

const streams = ['activity_logs']
const now = Date.UTC(2026, 4, 5, 12)
const config = (more: object) => ({ access_token: 'simulator-token', ...more })

for (const api_version of ['2.11', '2.16']) {
  t.test(`the whole log comes by API ${api_version}, in windows of days, and then what is new`, async (t) => {
    const clock = createManualClock(now)
    const simulator = await listenSimulator(t, { contacts: 20, activityLogs: 3000, clock })
    const options = { baseUrl: simulator.url, clock, streams, config: config({ api_version }) }
    const first = await collectSync(options)
    t.equal(first.outcome?.failure, undefined)
    t.same((await judge(simulator, first.messages)).faults, [])
    t.equal(recordsOf(first.messages, 'activity_logs').length, 3000)

    clock.advance(3600_000)
    const created = simulator.workspace.mutate({ stream: 'activity_logs', kind: 'create', count: 7 })
    clock.advance(60_000)
    const second = await collectSync({ ...options, state: first.state })
    t.same(
      recordsOf(second.messages, 'activity_logs')
        .map(({ id }) => String(id))
        .toSorted(),
      created.toSorted(),
    )
    const quiet = await collectSync({ ...options, state: second.state })
    t.same(recordsOf(quiet.messages, 'activity_logs'), [])
    t.match(quiet.state, [{ stream: { stream_state: { created_at: Number } } }])
  })
}

t.test('what is logged in the second in which a sync begins comes with it', async (t) => {
  const clock = createManualClock(now)
  const simulator = await listenSimulator(t, { contacts: 20, activityLogs: 50, clock })
  const options = { baseUrl: simulator.url, clock, streams }
  const first = await collectSync(options)
  clock.advance(600_000)
  const created = simulator.workspace.mutate({ stream: 'activity_logs', kind: 'create', count: 3 })
  const second = await collectSync({ ...options, state: first.state })
  const ids = recordsOf(second.messages, 'activity_logs').map(({ id }) => String(id))
  t.same(ids.toSorted(), created.toSorted())
  const quiet = await collectSync({ ...options, state: second.state })
  t.same(recordsOf(quiet.messages, 'activity_logs'), [], 'and not with the next one again')
})

t.test('records of one second that change places between pages all come', async (t) => {
  const clock = createManualClock(now)
  const crowd = Array.from({ length: 50 }, () => now / 1000 - 5 * 86_400)
  const options = { contacts: 20, activityLogs: 60, firstTimes: { activity_logs: crowd }, unstableTies: true, clock }
  const simulator = await listenSimulator(t, options)
  const api_version = '2.11'
  const { messages, outcome } = await collectSync({
    baseUrl: simulator.url,
    clock,
    streams,
    config: config({ api_version }),
  })
  t.equal(outcome?.failure, undefined)
  t.same((await judge(simulator, messages)).faults, [])
})

t.test('a window that holds too much is halved, and nothing is lost or twice', async (t) => {
  const clock = createAcceleratedClock(now, 500)
  const simulator = await listenSimulator(t, { contacts: 20, activityLogs: 2000, mostActivityLogs: 60, clock })
  const { messages, outcome } = await collectSync({ baseUrl: simulator.url, clock, streams })
  t.equal(outcome?.failure, undefined)
  t.same((await judge(simulator, messages)).faults, [])
  t.equal(recordsOf(messages, 'activity_logs').length, 2000)
})

t.test('hours of the log that cannot be had come with the next sync, and nothing else with them', async (t) => {
  const clock = createAcceleratedClock(now, 500)
  const simulator = await listenSimulator(t, { contacts: 20, activityLogs: 300, clock })
  const entries = simulator.workspace.collection('activity_logs').latest()
  const bad = entries[150]?.plan.id ?? ''
  let isHealed = false
  const baseUrl = await editAnswers(t, simulator, ({ path, body }) =>
    path.includes('activity_logs') && body.includes(`"${bad}"`) && !isHealed ? { status: 500, body: '{}' } : {},
  )
  const first = await collectSync({ baseUrl, clock, streams })
  t.match(first.outcome?.failure, { code: 'records_unreadable' })
  const got = new Set(recordsOf(first.messages, 'activity_logs').map(({ id }) => id))
  const missing = entries.flatMap(({ plan }) => (got.has(plan.id) ? [] : [plan.id]))
  t.ok(missing.includes(bad) && missing.length < 20)
  const second = await collectSync({ baseUrl, clock, streams, state: first.state })
  t.match(second.outcome?.failure, { code: 'records_unreadable' })
  t.same(recordsOf(second.messages, 'activity_logs'), [])
  isHealed = true
  const third = await collectSync({ baseUrl, clock, streams, state: second.state })
  t.equal(third.outcome?.failure, undefined)
  t.same(
    recordsOf(third.messages, 'activity_logs')
      .map(({ id }) => String(id))
      .toSorted(),
    missing.toSorted(),
  )
  const fourth = await collectSync({ baseUrl, clock, streams, state: third.state })
  t.same(recordsOf(fourth.messages, 'activity_logs'), [])
})

t.test('a smaller step asks for smaller windows', async (t) => {
  const simulator = await listenSimulator(t, { contacts: 20, activityLogs: 200 })
  await collectSync({ baseUrl: simulator.url, streams, config: config({ activity_logs_time_step: 5 }) })
  const asked = simulator.requests.entries.flatMap(({ body }) => {
    const { created_at_after: after, created_at_before: before } = (body ?? {}) as Record<string, number>
    return after !== undefined && before !== undefined ? [before - after] : []
  })
  t.ok(asked.length > 0 && asked.every((length) => length <= 5 * 86_400 + 2))
})

t.test('an attempt that dies in the middle goes on with nothing missing and nothing twice', async (t) => {
  const clock = createManualClock(now)
  const simulator = await listenSimulator(t, { contacts: 20, activityLogs: 3000, clock })
  const options = { baseUrl: simulator.url, clock, streams }
  const whole = await collectSync(options)
  for (let stopAfter = 1; stopAfter < whole.commits.length; stopAfter++) {
    const { commits } = await collectSync({ ...options, stopAfter })
    const rest = await collectSync({ ...options, held: commits })
    t.same((await judge(simulator, joined([...commits, ...rest.commits]).messages)).faults, [], `${stopAfter}`)
    // Requests enough for the next round.
    clock.advance(10_000)
  }
})

// One window is asked for, so that its second page is the second request.
const oneWindow = { start_date: '2026-04-14T12:00:00Z' }
const emptyLog = { type: 'activity_log.list', activity_logs: [] }
const pagesOf = (page: number, next: string | null) => ({ type: 'pages', page, per_page: 250, total_pages: 9, next })
const shortAnswers: Record<string, Omit<Fault, 'match'>> = {
  'a first page that is empty and names the next': { body: { ...emptyLog, pages: pagesOf(1, '/x?page=2') } },
  'a page that is empty and names the next': { skip: 1, body: { ...emptyLog, pages: pagesOf(2, '/x?page=3') } },
  'a page that names no next one, though there are more pages': { skip: 1, endsEarly: true },
  'a page that holds less than it says': { skip: 1, lacks: 3 },
  'an empty log': { body: { ...emptyLog, pages: { ...pagesOf(1, null), total_pages: 0 } } },
}

for (const api_version of ['2.11', '2.16'])
  for (const [name, fault] of Object.entries(shortAnswers))
    t.test(`API ${api_version}: ${name} is not believed at once`, async (t) => {
      const clock = createManualClock(now)
      const span = { from: now / 1000 - 20 * 86_400, to: now / 1000 - 86_400 }
      const simulator = await listenSimulator(t, { contacts: 0, activityLogs: 900, clock, span })
      const path = api_version === '2.11' ? '/admins/activity_logs' : '/admins/activity_logs/search'
      simulator.faults.next([{ ...fault, match: { path } }])
      const options = { baseUrl: simulator.url, clock, streams, config: config({ ...oneWindow, api_version }) }
      const { messages, outcome } = await collectSync(options)
      t.equal(outcome?.failure, undefined)
      t.same((await judge(simulator, messages)).faults, [])
      t.equal(simulator.faults.remaining, 0)
    })

const lastingShortAnswers: Record<string, Omit<Fault, 'match'>> = {
  'a page that is empty and names the next, twice,': { body: { ...emptyLog, pages: pagesOf(2, '/x?page=3') } },
  'a page that lacks records, twice,': { lacks: 3 },
}

for (const api_version of ['2.11', '2.16'])
  for (const [name, fault] of Object.entries(lastingShortAnswers))
    t.test(`API ${api_version}: ${name} has its window read once more`, async (t) => {
      const clock = createManualClock(now)
      const span = { from: now / 1000 - 20 * 86_400, to: now / 1000 - 86_400 }
      const simulator = await listenSimulator(t, { contacts: 0, activityLogs: 900, clock, span })
      const path = api_version === '2.11' ? '/admins/activity_logs' : '/admins/activity_logs/search'
      simulator.faults.next([{ ...fault, match: { path }, skip: 1, repeat: 2 }])
      const options = { baseUrl: simulator.url, clock, streams, config: config({ ...oneWindow, api_version }) }
      const { messages } = await collectSync(options)
      t.same((await judge(simulator, messages)).faults, [])
      t.equal(simulator.faults.remaining, 0)
      t.notOk(parseLines(messages).some(({ log }) => log?.level === 'WARN'))
    })

t.test('pages that are never full are read twice for twenty windows only', async (t) => {
  const clock = createManualClock(now)
  const days = 40
  const span = { from: now / 1000 - days * 86_400, to: now / 1000 - 3600 }
  const simulator = await listenSimulator(t, { contacts: 0, activityLogs: 300 * days, clock, span })
  let asked = 0
  const baseUrl = await editAnswers(t, simulator, ({ path, body }) => {
    if (!path.startsWith('/admins/activity_logs')) return {}
    asked++
    return { body: body.replace('"per_page":250', '"per_page":260') }
  })
  const start_date = new Date(span.from * 1000).toISOString().replace('.000', '')
  const settings = config({ start_date, activity_logs_time_step: 1 })
  const { messages } = await collectSync({ baseUrl, clock, streams, config: settings })
  t.same((await judge(simulator, messages)).faults, [])
  const warnings = parseLines(messages).filter(({ log }) => log?.level === 'WARN')
  // Windows are read side by side: those that had begun are told of, too.
  t.ok(warnings.length >= 20 && warnings.length <= 24, `${warnings.length} warnings`)
  t.ok(asked < 5 * days, `${asked} requests`)
})

t.test('an empty page that names a next one, every time, is told of, and the next one is read', async (t) => {
  const clock = createManualClock(now)
  const span = { from: now / 1000 - 20 * 86_400, to: now / 1000 - 86_400 }
  const simulator = await listenSimulator(t, { contacts: 0, activityLogs: 900, clock, span })
  const body = { ...emptyLog, pages: pagesOf(2, '/x?page=3') }
  const match = { path: '/admins/activity_logs/search' }
  simulator.faults.next([
    { match, skip: 1, repeat: 2, body },
    // Two pages and the first one again, then the same page of the second reading.
    { match, skip: 3, repeat: 2, body },
  ])
  const { messages } = await collectSync({ baseUrl: simulator.url, clock, streams, config: config(oneWindow) })
  const came = recordsOf(messages, 'activity_logs').length
  t.equal(came, 650)
  const warnings = parseLines(messages).flatMap(({ log }) => (log?.level === 'WARN' ? log.message : []))
  t.match(warnings, [/pages that were not full though others followed/])
})
