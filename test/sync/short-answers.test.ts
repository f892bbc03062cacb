import t from 'tap'
import { editAnswers } from '../support/edited-answers.ts'
import { type Collected, collectSync, contactsOf, judge, parseLines } from '../support/engine.ts'
import { listenSimulator } from '../support/listening-simulator.ts'
import { createManualClock } from '../support/manual-clock.ts'

const now = Date.UTC(2026, 2, 10, 12) / 1000
const day = 86_400
const search = { path: '/contacts/search' }
const warningsOf = ({ messages }: Collected) =>
  parseLines(messages).flatMap(({ log }) => (log?.level === 'WARN' ? log.message : []))
const expectStreams = ['contacts']

/** As much as a test has to know of a state under way. */
interface OwnState {
  updated_at: number
  intercom_sync: { walk: { slices: [from: number, to: number, progress: { at?: number }][] } }
}

/** A workspace of which an increment is to be read by calendar day, newest first. @param days of which the last two count */
async function youngWorkspace(
  t: { teardown(close: () => unknown): void },
  contacts: number,
  days = 1,
  firstTimes: Record<string, number[]> = {},
) {
  const clock = createManualClock(now * 1000)
  const span = { from: now - days * day, to: now - 7200 }
  const simulator = await listenSimulator(t, {
    contacts,
    newestVersion: '2.16',
    span,
    clock,
    oddities: false,
    firstTimes,
  })
  const state = [
    {
      type: 'STREAM',
      stream: {
        stream_descriptor: { name: 'contacts' },
        stream_state: { updated_at: now - 2 * day, intercom_sync: { v: 1 } },
      },
    },
  ]
  return { simulator, request: { baseUrl: simulator.url, clock, streams: ['contacts'], state } }
}

for (const repeat of [1, 2, 3])
  t.test(`newest first: ${repeat} pages without a next one are no end while Intercom counts more`, async (t) => {
    const { simulator, request } = await youngWorkspace(t, 400)
    simulator.faults.next([{ match: search, skip: 2, repeat, endsEarly: true }])
    const sync = await collectSync(request)
    t.same((await judge(simulator, sync.messages, { expectStreams })).faults, [])
    t.same(warningsOf(sync), [])
  })

t.test('newest first: of the second that an increment begins at all records come, over page borders', async (t) => {
  const contacts = Array<number>(400).fill(now - 2 * day)
  const { request } = await youngWorkspace(t, 600, 8, { contacts })
  const { messages } = await collectSync(request)
  const ofThatSecond = contactsOf(messages).filter(({ updated_at }) => updated_at === now - 2 * day)
  t.equal(ofThatSecond.length, 400)
})

t.test('newest first: what stays short is told with figures', async (t) => {
  const { simulator, request } = await youngWorkspace(t, 400)
  simulator.faults.next([{ match: search, skip: 1, repeat: 4, endsEarly: true }])
  const sync = await collectSync(request)
  t.equal(contactsOf(sync.messages).length, 150)
  t.match(warningsOf(sync), [/counted 400 contacts in a slice and gave 150, twice/])
})

t.test('newest first: what a short page lacks is read, though reading ends before the end', async (t) => {
  const { simulator, request } = await youngWorkspace(t, 2400, 8)
  const whole = await collectSync(request)
  t.ok(contactsOf(whole.messages).length > 450)
  for (const skip of Array(6).keys()) {
    simulator.faults.clear()
    simulator.faults.next([{ match: search, skip, repeat: 2, lacks: 10 }])
    const sync = await collectSync(request)
    t.equal(contactsOf(sync.messages).length, contactsOf(whole.messages).length)
    t.same(warningsOf(sync), [])
  }
})

t.test('newest first: the same, in a job that goes on where another was stopped', async (t) => {
  const { simulator, request } = await youngWorkspace(t, 2400, 8)
  const whole = await collectSync(request)
  for (let stopAfter = 1; stopAfter < whole.commits.length; stopAfter++) {
    simulator.faults.clear()
    simulator.faults.next([{ match: search, skip: 3, repeat: 2, lacks: 10 }])
    const first = await collectSync({ ...request, stopAfter })
    simulator.faults.clear()
    const { commits } = await collectSync({ ...request, held: first.commits })
    const messages = Buffer.concat([...first.commits, ...commits].map(({ body }) => body))
    const ids = contactsOf(messages).map(({ id }) => id)
    t.equal(ids.length, contactsOf(whole.messages).length, `stopped after ${stopAfter} commits`)
    t.equal(new Set(ids).size, ids.length)
  }
})

t.test('newest first: pages that stay short are told of', async (t) => {
  const { simulator, request } = await youngWorkspace(t, 2400, 8)
  simulator.faults.next([{ match: search, skip: 1, repeat: 40, lacks: 10 }])
  const sync = await collectSync(request)
  t.equal(sync.outcome?.failure, undefined)
  t.match(warningsOf(sync), [/pages of contacts that were not full though others followed, twice/])
})

for (const [name, opaque] of [
  ['an attempt that goes on', false],
  ['an attempt that goes on without its cursor', true],
] as const)
  t.test(`${name} counts what came of the slice before it began`, async (t) => {
    const clock = createManualClock(now * 1000)
    const span = { from: now - 60 * day, to: now - day }
    const simulator = await listenSimulator(t, { contacts: 900, span, clock, oddities: false })
    // Of the second page ten are left out, which nobody notices before the end.
    simulator.faults.next([{ match: search, skip: 2, lacks: 10 }])
    const request = { baseUrl: simulator.url, clock, streams: ['contacts'] }
    const first = await collectSync({ ...request, stopAfter: 6 })
    t.equal(first.outcome, undefined)
    if (opaque) simulator.faults.next([{ match: { ...search, paged: true }, status: 400 }])
    const { commits, outcome } = await collectSync({ ...request, held: first.commits })
    t.equal(outcome?.failure, undefined)
    const messages = Buffer.concat([...first.commits, ...commits].map(({ body }) => body))
    t.same((await judge(simulator, messages, { expectStreams })).faults, [], 'all is there, once')
    const next = await collectSync({ ...request, state: first.state })
    const held = new Set([first, next].flatMap((sync) => contactsOf(sync.messages).map(({ id }) => id)))
    t.equal(held.size, 900, 'a job that goes on from the state counts, too')
  })

/** More contacts than a STATE waits for; of one page ten are left out. */
async function leavesSomeOut(t: { teardown(close: () => unknown): void }) {
  const clock = createManualClock(now * 1000)
  const span = { from: now - 60 * day, to: now - day }
  const simulator = await listenSimulator(t, { contacts: 2400, span, clock, oddities: false })
  const request = { baseUrl: simulator.url, clock, streams: ['contacts'] }
  const leaveOut = (skip: number) => {
    simulator.faults.clear()
    // Asked again at once it is as short: only the count at the end tells.
    simulator.faults.next([{ match: search, skip, repeat: 2, lacks: 10 }])
  }
  const heldOf = (...syncs: Collected[]) =>
    new Set(syncs.flatMap(({ messages }) => contactsOf(messages).map(({ id }) => id))).size
  return { request, leaveOut, heldOf, simulator }
}

t.test('a slice that was short is read again from its beginning, though the job that read it has ended', async (t) => {
  const { request, leaveOut, heldOf, simulator } = await leavesSomeOut(t)
  leaveOut(2)
  const whole = await collectSync(request)
  t.equal(heldOf(whole), 2400)
  t.equal(contactsOf(whole.messages).length, 2400)
  const firstState = whole.commits.findIndex(({ checkpoints }) => checkpoints.length > 0)
  for (let stopAfter = firstState + 1; stopAfter < whole.commits.length; stopAfter += 2) {
    leaveOut(2)
    const stopped = await collectSync({ ...request, stopAfter })
    simulator.faults.clear()
    const rest = await collectSync({ ...request, state: stopped.state })
    t.equal(heldOf(stopped, rest), 2400, `stopped after ${stopAfter} commits`)
  }
})

t.test(
  'an attempt that dies while a short slice is read again is gone on with, nothing missing, nothing twice',
  async (t) => {
    const { request, leaveOut, simulator } = await leavesSomeOut(t)
    leaveOut(2)
    const whole = await collectSync(request)
    const last = whole.commits.length
    for (const stopAfter of [last - 4, last - 1]) {
      leaveOut(2)
      const { commits } = await collectSync({ ...request, stopAfter })
      simulator.faults.clear()
      const rest = await collectSync({ ...request, held: commits })
      const messages = Buffer.concat([...commits, ...rest.commits].map(({ body }) => body))
      t.equal(rest.outcome?.failure, undefined)
      t.same((await judge(simulator, messages, { expectStreams })).faults, [], `died after ${stopAfter} commits`)
    }
  },
)

t.test('an attempt that goes on with the second reading tells of what stays short', async (t) => {
  const { request, simulator } = await leavesSomeOut(t)
  const stayShort = () => {
    simulator.faults.clear()
    simulator.faults.next([{ match: search, skip: 2, repeat: 1000, lacks: 10 }])
  }
  stayShort()
  const whole = await collectSync(request)
  t.match(warningsOf(whole), [/counted 2400 contacts in a slice and gave \d+, twice/])
  stayShort()
  const stopAfter = whole.commits.findIndex(({ position }) => JSON.stringify(position).includes('"reread":true')) + 1
  t.ok(stopAfter > 0)
  const { commits } = await collectSync({ ...request, stopAfter })
  stayShort()
  const rest = await collectSync({ ...request, held: commits })
  t.match(warningsOf(rest), [/counted 2400 contacts in a slice and gave \d+, twice/])
})

/** The same, though every page looks full: records fall out between two pages, and only counts tell. */
async function fallsBetweenPages(t: { teardown(close: () => unknown): void }) {
  const { request, heldOf, simulator } = await leavesSomeOut(t)
  let skip = 0
  let left = 0
  const baseUrl = await editAnswers(t, simulator, ({ path, body }) => {
    if (!path.startsWith(search.path) || left === 0 || skip-- > 0) return {}
    left--
    const page = JSON.parse(body) as { data: unknown[]; pages: Record<string, unknown> }
    const data = page.data.slice(0, -10)
    return { body: JSON.stringify({ ...page, data, pages: { ...page.pages, per_page: data.length } }) }
  })
  /** The page after `pages` others leaves ten out. */
  const fallOut = (pages: number) => {
    skip = pages
    left = 1
  }
  return { request: { ...request, baseUrl }, fallOut, heldOf, simulator }
}

t.test('a slice of a state that does not say how much had come counts what is left of it', async (t) => {
  const { request, fallOut, heldOf } = await fallsBetweenPages(t)
  const whole = await collectSync(request)
  const stopAfter = whole.commits.findIndex(({ checkpoints }) => checkpoints.length > 0) + 1
  const stopped = await collectSync({ ...request, stopAfter })
  const counts = new Set(['received', 'expected', 'most', 'after'])
  const uncounted = JSON.parse(JSON.stringify(stopped.state, (key, value) => (counts.has(key) ? undefined : value)))
  t.notSame(uncounted, stopped.state)
  for (const skip of Array(8).keys()) {
    fallOut(skip)
    const rest = await collectSync({ ...request, state: uncounted })
    t.equal(heldOf(stopped, rest), 2400, `the page after ${skip} others leaves some out`)
  }
})

t.test('records that fell out between two pages are noticed by the attempt, or the job, that goes on', async (t) => {
  const { request, fallOut, heldOf, simulator } = await fallsBetweenPages(t)
  fallOut(2)
  const whole = await collectSync(request)
  t.equal(heldOf(whole), 2400)
  for (let stopAfter = 6; stopAfter < whole.commits.length - 1; stopAfter += 6) {
    fallOut(2)
    const first = await collectSync({ ...request, stopAfter })
    fallOut(Number.POSITIVE_INFINITY)
    const { commits } = await collectSync({ ...request, held: first.commits })
    const messages = Buffer.concat([...first.commits, ...commits].map(({ body }) => body))
    t.same((await judge(simulator, messages, { expectStreams })).faults, [], `died after ${stopAfter} commits`)
    const next = await collectSync({ ...request, state: first.state })
    t.equal(heldOf(first, next), 2400, `stopped after ${stopAfter} commits`)
  }
})

t.test('a state of an earlier version, whose cursor is ahead of a short page, is made up for', async (t) => {
  const { request, leaveOut, heldOf, simulator } = await leavesSomeOut(t)
  leaveOut(2)
  const whole = await collectSync(request)
  const isShort = ({ checkpoints }: (typeof whole.commits)[number]) => JSON.stringify(checkpoints).includes('shortPage')
  const stopAfter = whole.commits.findIndex(isShort) + 1
  t.ok(stopAfter > 0)
  leaveOut(2)
  const stopped = await collectSync({ ...request, stopAfter })
  simulator.faults.clear()
  const state = JSON.parse(JSON.stringify(stopped.state)) as { stream: { stream_state: OwnState } }[]
  for (const { stream } of state) {
    const { slices } = stream.stream_state.intercom_sync.walk
    stream.stream_state.updated_at = Math.max(...slices.map(([, , progress]) => progress.at ?? 0))
  }
  const rest = await collectSync({ ...request, state })
  t.equal(heldOf(stopped, rest), 2400)
})

const nothing = { body: { type: 'list', data: [], total_count: 0, pages: { type: 'pages' } } }

for (const [what, skip] of [
  ['a first look', 0],
  ['the first page of a slice', 1],
  ['a page in the middle', 3],
] as const)
  t.test(`${what} that finds nothing is no end of what Intercom has counted`, async (t) => {
    const clock = createManualClock(now * 1000)
    const span = { from: now - 60 * day, to: now - day }
    const simulator = await listenSimulator(t, { contacts: 900, newestVersion: '2.17', span, clock, oddities: false })
    const config = { access_token: 'simulator-token', api_version: '2.17' }
    const headers = { 'Intercom-Version': '2.17' }
    simulator.faults.next([{ match: search, skip, headers, ...nothing }])
    const sync = await collectSync({ baseUrl: simulator.url, clock, config, streams: ['contacts'] })
    t.same((await judge(simulator, sync.messages, { expectStreams })).faults, [])
  })
