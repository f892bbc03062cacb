import t from 'tap'
import { checkMessages } from '../../simulator/oracle/check-messages.ts'
import type { DeliveryLedger } from '../../simulator/oracle/delivery-check.ts'
import { type Collected, collectSync, parseLines } from '../support/engine.ts'
import { openWorld, type World } from '../support/in-process-world.ts'
import { createMemorySpool } from '../support/memory-spool.ts'
import { quietWorkspace } from '../support/quiet-workspace.ts'
import {
  type OnAnswers,
  type WrongDate,
  type WrongDates,
  type WrongMachine,
  withWrongDates,
  wrongDates,
} from '../support/wrong-clocks.ts'

// Every end of a wait makes an error, of which nobody reads where it was made.
Error.stackTraceLimit = 0

const minute = 60_000
const hour = 60 * minute
const streams = [
  'contacts',
  'conversations',
  'conversation_parts',
  'companies',
  'company_segments',
  'segments',
  'activity_logs',
].map((name) => ({ name, syncMode: 'incremental' }))
const changing = ['contacts', 'conversations', 'conversations', 'companies', 'activity_logs']

const youngWorkspace = {
  ...quietWorkspace,
  seed: 11,
  timezone: 'America/New_York',
  spanSeconds: 20 * 3600,
  contacts: 40,
  conversations: 40,
  companies: 0,
  activityLogs: 0,
  largestPage: 5,
  recordsPerSlice: 8,
  cursorsOpaque: false,
}

function open(): World {
  return openWorld({
    ...quietWorkspace,
    seed: 7,
    isPinned: true,
    timezone: 'America/New_York',
    spanSeconds: 20 * 86_400,
    contacts: 5,
    conversations: 6,
    companies: 3,
    activityLogs: 4,
    largestPage: 5,
    recordsPerSlice: 4,
    cursorsOpaque: false,
  })
}

interface Wrong {
  dates?: WrongDates
  on?: OnAnswers
  machine?: WrongMachine
}

interface Played {
  /** In words; none when what was delivered is the truth. */
  faults: string[]
  /** What the sync with wrong clocks said of them. */
  warnings: string[]
  /** How long it took, ms. */
  took: number
  refusals: number
  wrong: Collected
}

function cursorsOf(states: unknown[] = []): Map<string, number> {
  type State = { stream: { stream_descriptor: { name: string }; stream_state: Record<string, number> } }
  return new Map(
    (states as State[]).map(
      ({
        stream: {
          stream_descriptor: { name },
          stream_state,
        },
      }) => [name, stream_state.updated_at ?? stream_state.created_at ?? 0],
    ),
  )
}

/** A sync, one with wrong clocks while records change, changes after it, and a sync with right clocks. */
async function play({ dates, on, machine }: Wrong, isFirst: boolean): Promise<Played> {
  const world = open()
  const { intercom, clock, baseUrl, adapter } = world
  const ledger: DeliveryLedger = new Map()
  const faults: string[] = []
  const change = (place: number) => ({
    stream: changing[place % changing.length] ?? 'contacts',
    kind: place % changing.length === 4 ? ('create' as const) : ('update' as const),
    count: 1 + (place % 2),
  })
  let state: unknown[] | undefined
  async function sync(name: string, wrongMachine?: WrongMachine): Promise<Collected> {
    const startedAt = clock.now()
    const collected = await collectSync({
      baseUrl,
      adapter,
      clock: world.machine(wrongMachine),
      streams,
      config: { access_token: 'simulator-token', api_version: '2.16' },
      ...(state && { state }),
      ports: { createSpool: createMemorySpool, recordsPerSlice: 4 },
    })
    if (collected.outcome?.failure) faults.push(`${name}: ${collected.outcome.failure.message}`)
    for (const [stream, cursor] of cursorsOf(state))
      if ((cursorsOf(collected.state).get(stream) ?? 0) < cursor)
        faults.push(`${name}: the state of ${stream} goes back`)
    if (/lies in the future/.test(collected.messages.toString()))
      faults.push(`${name}: a state is taken for a future one`)
    state = collected.state
    const isLast = name === 'the last'
    const truth = intercom.workspace.truth({ version: '2.16', streams: streams.map(({ name }) => name) })
    const report = await checkMessages([collected.messages], truth, {
      ledger,
      // By right answers a sync brings what there was, whatever the machine's clock says.
      ...(isLast || wrongMachine
        ? { stillAt: clock.now(), ...(!isLast && { visibleAt: startedAt }) }
        : { expectStreams: [] }),
    })
    for (const { kind, stream, count, examples } of report.faults)
      faults.push(`${name}: ${kind} in ${stream} (${count}): ${examples[0]}`)
    return collected
  }

  if (!isFirst) {
    await sync('the first')
    clock.advance(20 * minute)
    for (const place of changing.keys()) intercom.workspace.mutate(change(place))
    clock.advance(minute)
  }
  const requestsBefore = intercom.requests.totals.requests
  const began = clock.now()
  let refusals = 0
  const alter = dates && withWrongDates(dates, clock, on)
  world.alter((answer, path) => {
    const altered = alter?.(answer, path) ?? answer
    if (altered.status === 429) refusals++
    return altered
  })
  intercom.live.follow([2, 6, 11, 15, 19].map((after, place) => ({ after, mutations: [change(place)] })))
  const wrong = await sync('the wrong one', machine)
  const took = clock.now() - began
  intercom.live.follow([])
  world.alter()
  if (intercom.requests.totals.requests - requestsBefore < 12) faults.push('it asked for too little to tell')
  // Right after it, while a cursor that is a little ahead still is.
  for (const step of [1, 2, 3, 4]) {
    clock.advance(minute)
    intercom.workspace.mutate(change(step))
    intercom.workspace.mutate(change(step + 2))
  }
  clock.advance(7 * minute)
  await sync('the last')
  const warnings = parseLines(wrong.messages).flatMap(({ log }) =>
    log?.level === 'WARN' && /clocks/i.test(log.message) ? log.message : [],
  )
  return { faults, warnings, took, refusals, wrong }
}

/** Whether the sync is told: a time that is wrong by more than slow answers explain. */
const isTold = (date: WrongDate, on: OnAnswers) =>
  wrongDates[date] !== undefined && date !== 'unparseable' && on !== 'of somebody else'

/** A sync that goes on from a state, or the first one. */
type Place = 'first' | 'later'
type Row = [OnAnswers, WrongDates['often'], number, Place]

const rows: readonly Row[] = [
  ['as they are', 'once', 0, 'later'],
  ['as they are', 'once', 7, 'first'],
  ['as they are', 'sometimes', 1, 'later'],
  ['as they are', 'always', 0, 'first'],
  ['as they are', 'always', 0, 'later'],
  ['refused for the rate limit', 'once', 2, 'first'],
  ['refused for the rate limit', 'sometimes', 1, 'later'],
  ['of somebody else', 'sometimes', 1, 'later'],
]

for (const date of Object.keys(wrongDates) as WrongDate[])
  t.test(`a Date ${date}: the next sync has everything`, async (t) => {
    for (const [on, often, after, place] of rows) {
      const which = `answers ${on}, ${often}, after ${after}, ${place}`
      const { faults, warnings, took, refusals } = await play({ dates: { date, often, after }, on }, place === 'first')
      t.same(faults, [], which)
      t.equal(warnings.length, isTold(date, on) ? 1 : 0, `${which}: ${warnings.join()}`)
      t.ok(took < 30_000 + 12_000 * refusals, `${which}: ${took} ms with ${refusals} refusals`)
    }
  })

const machines: Record<string, WrongMachine> = {
  'a day behind': { aheadMs: -24 * hour, jumpsAfterMs: 0 },
  'two hours behind': { aheadMs: -2 * hour, jumpsAfterMs: 0 },
  'half an hour behind': { aheadMs: -hour / 2, jumpsAfterMs: 0 },
  'half an hour ahead': { aheadMs: hour / 2, jumpsAfterMs: 0 },
  'two hours ahead': { aheadMs: 2 * hour, jumpsAfterMs: 0 },
  'in the year 2100': { aheadMs: Date.UTC(2100, 0) - Date.UTC(2026, 4), jumpsAfterMs: 0 },
  'that jumps two hours ahead': { aheadMs: 2 * hour, jumpsAfterMs: 300 },
  'that jumps half an hour back': { aheadMs: -hour / 2, jumpsAfterMs: 300 },
}

for (const [place, [name, machine]] of Object.entries(machines).entries())
  t.test(`a machine's clock ${name}: the next sync has everything`, async (t) => {
    const { faults, warnings, took } = await play({ machine }, place % 2 === 0)
    t.same(faults, [])
    t.equal(warnings.length, 1, warnings.join())
    t.ok(took < 30_000, `${took} ms`)
  })

t.test('while the clocks agree, nothing is said of them, however slow the answers are', async (t) => {
  const { faults, warnings } = await play({}, false)
  t.same(faults, [])
  t.same(warnings, [])
})

t.test('a job says once that clocks disagree, however many attempts it takes', async (t) => {
  const world = open()
  const clock = world.machine({ aheadMs: 2 * hour, jumpsAfterMs: 0 })
  const request = {
    baseUrl: world.baseUrl,
    adapter: world.adapter,
    clock,
    streams,
    ports: { createSpool: createMemorySpool },
  }
  const { commits } = await collectSync({ ...request, stopAfter: 3 })
  const { messages } = await collectSync({ ...request, held: commits })
  const lines = [...commits.map(({ body }) => body), messages].flatMap(parseLines)
  const warnings = lines.flatMap(({ log }) => (/^Clocks disagree/.test(log?.message ?? '') ? log.message : []))
  t.equal(warnings.length, 1, warnings.join())
  t.match(warnings[0], /this machine's clock shows 2026-05-05T12:00:00Z/)
})

for (const [stream, api_version] of [
  ['contacts', '2.11'],
  ['contacts', '2.17'],
  ['conversations', '2.17'],
] as const)
  for (const date of ['a day behind', 'an hour behind'] as const)
    t.test(`${stream}, API ${api_version}: a Date ${date} after a kill brings nothing twice`, async (t) => {
      let kills = 0
      for (let stopAfter = 1; ; stopAfter++) {
        // A workspace in which many records are hours old: neither the overlap nor the last second covers them.
        const world = openWorld({
          ...youngWorkspace,
          contacts: 80,
          conversations: 80,
          isPinned: api_version !== '2.17',
        })
        const config = { access_token: 'simulator-token', api_version }
        const ports = { createSpool: createMemorySpool, recordsPerSlice: 8 }
        const request = {
          baseUrl: world.baseUrl,
          adapter: world.adapter,
          clock: world.clock,
          config,
          streams: [stream],
          ports,
        }
        const first = await collectSync({ ...request, stopAfter })
        if (first.outcome) break
        world.alter(withWrongDates({ date, often: 'always', after: 0 }, world.clock))
        const { messages } = await collectSync({ ...request, held: first.commits })
        const log = Buffer.concat([...first.commits.map(({ body }) => body), messages])
        const report = await checkMessages([log], world.intercom.workspace.truth({ version: api_version }), {
          expectStreams: [stream],
        })
        t.same(report.faults, [], `killed after commit ${stopAfter}`)
        kills++
      }
      t.ok(kills > 3, `${kills} kills`)
    })
