import { Ajv } from 'ajv'
import t from 'tap'
import { plainLists } from '../../simulator/records/plain/lists.ts'
import { streamSchema } from '../../src/streams/schemas.ts'
import { streamsOfVersion } from '../../src/streams/versions.ts'
import { createAcceleratedClock } from '../support/accelerated-clock.ts'
import { collectSync, judge, parseLines, recordsOf } from '../support/engine.ts'
import { listenSimulator } from '../support/listening-simulator.ts'
import { createManualClock } from '../support/manual-clock.ts'

/** What users of other connectors reported, where no other test shows it. docs/why.md tells which report is which. */

const day = 86_400
const now = Date.UTC(2026, 2, 10, 12) / 1000
const idsOf = (records: Record<string, unknown>[]) => records.map(({ id }) => String(id)).toSorted()

t.test('a conversation that changes again and again never stays as it was', async (t) => {
  const clock = createManualClock(now * 1000)
  const span = { from: now - 30 * day, to: now - day }
  const simulator = await listenSimulator(t, { conversations: 200, clock, span, indexLagMs: 240_000 })
  const request = { baseUrl: simulator.url, clock, streams: ['conversations', 'conversation_parts'] }
  let sync = await collectSync(request)
  const held = [sync.messages]
  for (let round = 0; round < 10; round++) {
    simulator.workspace.mutate({ stream: 'conversations', kind: 'update', count: 5 })
    clock.advance(20_000)
    simulator.workspace.mutate({ stream: 'conversations', kind: 'reply', count: 5 })
    clock.advance(100_000)
    sync = await collectSync({ ...request, state: sync.state })
    held.push(sync.messages)
  }
  clock.advance(300_000)
  held.push((await collectSync({ ...request, state: sync.state })).messages)
  const newest = new Map(
    recordsOf(Buffer.concat(held), 'conversations').map((record) => [record.id, record.updated_at] as const),
  )
  const current = [...simulator.workspace.truth()].filter(
    ({ stream, visibleUntil }) => stream === 'conversations' && visibleUntil === null,
  )
  t.equal(current.length, 200)
  t.same(
    current.filter(({ id, updatedAt }) => newest.get(id) !== updatedAt),
    [],
  )
})

t.test('the second sync asks for what has changed only, and its state is further on', async (t) => {
  const clock = createManualClock(now * 1000)
  const span = { from: now - 30 * day, to: now - day }
  const simulator = await listenSimulator(t, { conversations: 300, clock, span })
  const request = { baseUrl: simulator.url, clock, streams: ['conversations', 'conversation_parts'] }
  const first = await collectSync(request)
  clock.advance(3_600_000)
  const changed = simulator.workspace.mutate({ stream: 'conversations', kind: 'reply', count: 3 })
  const before = simulator.requests.totals.requests
  const second = await collectSync({ ...request, state: first.state })
  t.same(idsOf(recordsOf(second.messages, 'conversations')), changed.toSorted())
  const requests = simulator.requests.totals.requests - before
  t.ok(requests <= 10, `${requests} requests`)
  const cursorsOf = ({ commits }: typeof first) =>
    Object.fromEntries(
      commits.flatMap(({ checkpoints }) =>
        checkpoints.map(({ streamName, streamState }) => [streamName, Number(streamState.updated_at)]),
      ),
    )
  for (const [stream, cursor] of Object.entries(cursorsOf(second)))
    t.equal(cursor - Number(cursorsOf(first)[stream]), 3600, stream)
})

const midnight = Date.UTC(2026, 1, 1, 5) / 1000
const inEverySecond = Array.from({ length: 6500 }, (_, place) => midnight + 9 * day + place)
const aroundMidnights = Array.from({ length: 30 }, (_, place) => midnight + place * day).flatMap((border) => [
  border - 1,
  border,
])

for (const { stream, api_version, firstTimes } of [
  { stream: 'conversations', api_version: '2.16', firstTimes: inEverySecond },
  { stream: 'contacts', api_version: '2.16', firstTimes: aroundMidnights },
  { stream: 'contacts', api_version: '2.17', firstTimes: inEverySecond },
])
  t.test(`${stream}, API ${api_version}: no border between slices, days or seconds loses a record`, async (t) => {
    const clock = createManualClock(now * 1000)
    const simulator = await listenSimulator(t, {
      [stream]: 7000,
      timezone: 'America/New_York',
      span: { from: midnight, to: midnight + 30 * day },
      firstTimes: { [stream]: firstTimes },
      clock,
    })
    const config = { access_token: 'simulator-token', api_version }
    const { messages } = await collectSync({ baseUrl: simulator.url, clock, config, streams: [stream] })
    t.same((await judge(simulator, messages, { expectStreams: [stream] })).faults, [])
    const cursors = simulator.requests.entries.flatMap(({ path, body }) =>
      path === `/${stream}/search` ? [(body as { query: unknown }).query] : [],
    )
    const ranges = new Set(cursors.map((query) => JSON.stringify(query)))
    t.ok(ranges.size > 3, `read in ${ranges.size} ranges`)
  })

t.test(
  'a scroll that gives the same token on every page is read to its last company, and then no further',
  async (t) => {
    const simulator = await listenSimulator(t, { companies: 753 })
    const { messages, outcome } = await collectSync({ baseUrl: simulator.url, streams: ['companies'] })
    t.equal(outcome?.failure, undefined)
    t.same((await judge(simulator, messages)).faults, [])
    const pages = simulator.requests.entries.filter(({ path }) => path === '/companies/scroll')
    const tokens = pages.slice(1).map(({ query }) => query.scroll_param)
    t.equal(new Set(tokens).size, 1)
    t.match(pages.at(-2), { status: 200, records: 0 }, 'the empty page')
    t.match(pages.at(-1), { status: 404 }, 'the scroll is closed behind it')
    t.equal(pages.filter(({ records }) => !records).length, 2)
  },
)

t.test('conversations are asked for their parts side by side', async (t) => {
  const speed = 20
  const clock = createAcceleratedClock(now * 1000, speed)
  const simulator = await listenSimulator(t, { conversations: 60, longConversations: 0, clock })
  simulator.faults.next([{ match: { path: '/conversations/:id' }, delayMs: 10_000, repeat: 1000 }])
  const began = clock.now()
  const { messages } = await collectSync({ baseUrl: simulator.url, clock, streams: ['conversation_parts'] })
  t.same((await judge(simulator, messages, { expectStreams: ['conversation_parts'] })).faults, [])
  const seconds = (clock.now() - began) / 1000
  t.ok(seconds < 300, `60 answers that take 10 s each took ${seconds} s`)
})

t.test('parts whose state came back without what was nested in it go on from where they were', async (t) => {
  const clock = createManualClock(now * 1000)
  const span = { from: now - 30 * day, to: now - day }
  const simulator = await listenSimulator(t, { conversations: 100, clock, span })
  const changed = simulator.workspace.mutate({ stream: 'conversations', kind: 'reply', count: 2 })
  const nested = [{ conversations: {} }, { parent_state: {} }, { parent_state: { conversations: {} } }]
  for (const lost of nested) {
    const state = [
      {
        type: 'STREAM',
        stream: {
          stream_descriptor: { name: 'conversation_parts' },
          stream_state: { updated_at: now - 3600, ...lost },
        },
      },
    ]
    const config = { access_token: 'simulator-token', migration_lookback: 0 }
    const request = { baseUrl: simulator.url, clock, config, streams: ['conversation_parts'], state }
    const { messages } = await collectSync(request)
    const parents = recordsOf(messages, 'conversation_parts').map(({ conversation_id: id }) => String(id))
    t.same([...new Set(parents)].toSorted(), changed.toSorted(), JSON.stringify(lost))
  }
})

t.test('a company that joins a segment that has long been there gets a row of its own', async (t) => {
  const clock = createManualClock(now * 1000)
  const span = { from: now - 30 * day, to: now - day }
  const simulator = await listenSimulator(t, { companies: 60, segments: 3, clock, span })
  const request = { baseUrl: simulator.url, clock, streams: ['company_segments'] }
  const first = await collectSync(request)
  clock.advance(3_600_000)
  const [joined] = simulator.workspace.mutate({ stream: 'companies', kind: 'join', count: 1 })
  const second = await collectSync({ ...request, state: first.state })
  const rowsOf = (messages: Buffer, company?: string) =>
    recordsOf(messages, 'company_segments').filter(({ company_id: id }) => company === undefined || id === company)
  t.equal(rowsOf(second.messages, joined).length, rowsOf(first.messages, joined).length + 1)
  t.ok(rowsOf(second.messages, joined).every(({ updated_at: time }) => Number(time) < now - 3600))
  const keys = rowsOf(first.messages).map(({ company_id: company, id }) => `${company} ${id}`)
  t.equal(new Set(keys).size, keys.length)
  t.ok(new Set(rowsOf(first.messages).map(({ id }) => id)).size < keys.length, 'companies share segments')
})

for (const api_version of ['2.11', '2.16', '2.17'] as const)
  t.test(
    `API ${api_version}: every record is as its schema says, and has no column that the schema lacks`,
    async (t) => {
      const simulator = await listenSimulator(t, {
        contacts: 60,
        conversations: 60,
        companies: 60,
        tickets: 60,
        oddities: false,
        activityLogs: 60,
        articles: 60,
        deletedConversations: 60,
        deletedContacts: 60,
        contactActivities: 60,
        rowsInside: true,
        references: 6,
        lists: Object.fromEntries(Object.keys(plainLists).map((name) => [name, 60])),
        companyNotes: 3,
      })
      const config = { access_token: 'simulator-token', api_version }
      const streams = streamsOfVersion(api_version).map(({ name }) => name)
      const { messages } = await collectSync({ baseUrl: simulator.url, config, streams })
      const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true })
      const validators = new Map(streams.map((name) => [name, ajv.compile(streamSchema(name))]))
      const faults = new Set<string>()
      const seen = new Set<string>()
      for (const { type, record } of parseLines(messages)) {
        if (type !== 'RECORD') continue
        seen.add(record.stream)
        const validate = validators.get(record.stream)
        if (!validate?.(record.data))
          for (const { instancePath, message } of validate?.errors ?? [])
            faults.add(`${record.stream}${instancePath} ${message}`)
        const { properties } = streamSchema(record.stream) as { properties: object }
        for (const member of Object.keys(record.data))
          if (!Object.hasOwn(properties, member)) faults.add(`${record.stream}/${member} is not declared`)
      }
      t.same([...seen].toSorted(), streams.toSorted())
      t.same([...faults], [])
    },
  )
