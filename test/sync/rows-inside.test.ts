import { deepStrictEqual } from 'node:assert'
import fc from 'fast-check'
import t from 'tap'
import { buildSimulator, type Simulator } from '../../simulator/app.ts'
import type { SimulatorOptions } from '../../simulator/options.ts'
import { checkMessages } from '../../simulator/oracle/check-messages.ts'
import { type Data, insideKey, rowsInside } from '../../simulator/records/rows-inside.ts'
import type { ApiVersion } from '../../src/airbyte/source-config.ts'
import { findStream, sourcesOf, streamTable } from '../../src/streams/table.ts'
import { streamsOfVersion } from '../../src/streams/versions.ts'
import type { Commit } from '../../src/sync/contract/commit.ts'
import { type CollectOptions, collectSync, joined, recordsOf } from '../support/engine.ts'
import { listenSimulator } from '../support/listening-simulator.ts'
import { createManualClock, type ManualClock } from '../support/manual-clock.ts'

const now = Date.UTC(2026, 4, 5, 12)
const day = 86_400_000
/** Intercom ends a scroll that nobody asks for after a minute. */
const scrollMs = 61_000
const derived = Object.keys(rowsInside)
const parentsOf = (names: readonly string[]) => [
  ...new Set(
    names
      .flatMap((name) => streamTable.filter((entry) => entry.name === name).flatMap(sourcesOf))
      .map(({ name }) => name),
  ),
]
const workspace: SimulatorOptions = {
  contacts: 60,
  companies: 30,
  conversations: 25,
  longConversations: 1,
  tickets: 12,
  references: 3,
  longLists: 0.1,
  rowsInside: true,
  span: { from: (now - 40 * day) / 1000, to: (now - 2 * day) / 1000 },
}

/** What happens to a workspace before a sync, and to the sync. */
const increment = fc.record({
  changes: fc.array(
    fc.record({
      stream: fc.constantFrom('contacts', 'companies', 'conversations', 'tickets', 'ticket_types'),
      kind: fc.constantFrom('create', 'update', 'delete'),
      count: fc.integer({ min: 1, max: 4 }),
    }),
    { maxLength: 6 },
  ),
  /** After so many commits the process is killed, and another one goes on. */
  kills: fc.array(fc.integer({ min: 1, max: 6 }), { maxLength: 2 }),
})
const life = fc.constantFrom<ApiVersion[]>('2.11', '2.14', '2.16', '2.17').chain((version) => {
  const names = streamsOfVersion(version).map(({ name }) => name)
  return fc.record({
    version: fc.constant(version),
    seed: fc.integer({ min: 1, max: 1000 }),
    streams: fc.shuffledSubarray(
      derived.filter((name) => names.includes(name)),
      { minLength: 1 },
    ),
    withParents: fc.boolean(),
    increments: fc.array(increment, { minLength: 2, maxLength: 3 }),
  })
})

/** The rows of a stream, with addresses of files as they are before they are signed. */
const rowsOf = (messages: Buffer, stream: string) =>
  recordsOf(messages, stream).map((row) => (row.filesize ? { ...row, url: String(row.url).split('?')[0] } : row))

/** Runs a job to its end, killed and gone on with as often as told. */
async function runJob(request: CollectOptions & { clock: ManualClock }, kills: readonly number[]) {
  let held: Commit[] = []
  for (const stopAfter of kills) {
    const { commits, outcome } = await collectSync({ ...request, held, stopAfter })
    held = [...held, ...commits]
    if (outcome) return { ...joined(held), outcome }
    // A killed process leaves its scroll of companies open, and the next one would wait for its end.
    request.clock.advance(scrollMs)
  }
  const { commits, outcome } = await collectSync({ ...request, held })
  return { ...joined([...held, ...commits]), outcome }
}

/** The stream that a state is of. What is read whole begins anew with every job. */
const nameIn = (state: unknown) =>
  (state as { stream: { stream_descriptor: { name: string } } }).stream.stream_descriptor.name

/** The keys of a stream's rows in a log, by the record that holds them and its time. */
function rowsByHolder(messages: Buffer, stream: string): Map<string, string[]> {
  const { members, key } = rowsInside[stream] ?? { members: [], key: '' }
  const found = new Map<string, string[]>()
  for (const row of recordsOf(messages, stream)) {
    const id = members.map((name) => row[name]).join(' ')
    const holder = `${id} at ${row.parent_updated_at}`
    found.set(holder, [...(found.get(holder) ?? []), `${id} ${row[key]}`].toSorted())
  }
  return found
}

/** The same as it has to be, by the records of a log that hold the rows. */
function rowsHeld(messages: Buffer, stream: string): Map<string, string[]> {
  const form = rowsInside[stream]
  const held = form?.holders.flatMap((holder) =>
    recordsOf(messages, holder).map((record: Data) => {
      const id = holder.endsWith('_attributes') ? `${record.model} ${record.full_name}` : String(record.id)
      const time = form.isTimed ? (record.parent_updated_at ?? record.updated_at) : undefined
      const keys = form.rows(record).map((row) => insideKey(id, form, row))
      return [`${id} at ${time}`, keys.toSorted()] as const
    }),
  )
  return new Map(held?.filter(([, keys]) => keys.length > 0))
}

t.test('all rows inside a delivered record come with it, each once, whatever is killed', async () => {
  await fc.assert(
    fc.asyncProperty(life, async ({ seed, streams, withParents, version, increments }) => {
      const clock = createManualClock(now)
      const simulator = buildSimulator({ ...workspace, seed, clock })
      await using _closed = { [Symbol.asyncDispose]: async () => simulator.app.close() }
      const names = withParents ? [...parentsOf(streams), ...streams] : streams
      const config = { access_token: 'simulator-token', api_version: version }
      const ledger = new Map()
      let state: unknown[] = []
      for (const { changes, kills } of increments) {
        const request = { baseUrl: await urlOf(simulator), usesSockets: true, clock, config, streams: names, state }
        const job = await runJob({ ...request, ports: { recordsPerSlice: 20 } }, kills)
        const truth = simulator.workspace.truth({ version, streams: names })
        const { faults } = await checkMessages([job.messages], truth, { ledger, expectStreams: names })
        if (faults.length > 0) throw new Error(JSON.stringify(faults))
        if (job.outcome?.failure) throw new Error(job.outcome.failure.message)
        if (withParents)
          for (const name of streams)
            deepStrictEqual(sorted(rowsByHolder(job.messages, name)), sorted(rowsHeld(job.messages, name)), name)
        state = job.state.filter((one) => findStream(nameIn(one))?.cursor)
        clock.advance(day / 2)
        for (const change of changes) simulator.workspace.mutate(change)
        clock.advance(60_000)
      }
    }),
    { numRuns: 12 },
  )
})

const sorted = (rows: Map<string, string[]>) => [...rows].toSorted()

const urls = new WeakMap<Simulator, Promise<string>>()
function urlOf(simulator: Simulator): Promise<string> {
  const url = urls.get(simulator) ?? simulator.app.listen({ port: 0, host: '127.0.0.1' })
  urls.set(simulator, url)
  return url
}

t.test(
  'rows inside records take no request beside those of the records, and nothing comes of a quiet workspace',
  async (t) => {
    const requestsOf = async (streams: string[]) => {
      const clock = createManualClock(now)
      const simulator = await listenSimulator(t, { ...workspace, clock })
      const first = await collectSync({ baseUrl: simulator.url, clock, streams })
      const afterFirst = simulator.requests.totals.requests
      clock.advance(day)
      const second = await collectSync({ baseUrl: simulator.url, clock, streams, state: first.state })
      return { requests: [afterFirst, simulator.requests.totals.requests - afterFirst], first, second }
    }
    for (const name of derived) {
      const parents = parentsOf([name])
      const without = await requestsOf(parents)
      const beside = await requestsOf([...parents, name])
      t.same(beside.requests, without.requests, `${name} beside ${parents.join()}`)
      const alone = await requestsOf([name])
      for (const [sync, requests] of alone.requests.entries())
        t.ok(requests <= (without.requests[sync] ?? 0), `${name} alone`)
      t.equal(recordsOf(alone.first.messages, parents[0] ?? '').length, 0)
      t.ok(recordsOf(beside.first.messages, name).length > 0, `there are ${name}`)
      t.same(rowsOf(alone.first.messages, name), rowsOf(beside.first.messages, name))
      if (findStream(name)?.cursor) t.same(recordsOf(beside.second.messages, name), [], `${name} of a quiet workspace`)
    }
  },
)

t.test('a stream of rows that is added later gets everything, while its records go on from their state', async (t) => {
  for (const name of derived.filter((name) => findStream(name)?.cursor)) {
    const clock = createManualClock(now)
    const simulator = await listenSimulator(t, { ...workspace, clock })
    const [parent = ''] = parentsOf([name])
    const request = { baseUrl: simulator.url, clock }
    const everything = await collectSync({ ...request, streams: [name] })
    const before = await collectSync({ ...request, streams: [parent] })
    clock.advance(day)
    const { messages } = await collectSync({ ...request, streams: [parent, name], state: before.state })
    t.same(recordsOf(messages, parent), [])
    t.same(rowsOf(messages, name), rowsOf(everything.messages, name), name)
  }
})
