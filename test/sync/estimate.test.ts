import fc from 'fast-check'
import t from 'tap'
import type { SimulatorOptions } from '../../simulator/options.ts'
import { withBriefClient } from '../../src/intercom/brief-client.ts'
import { parseSyncRequest } from '../../src/sync/contract/sync-request.ts'
import { estimateSync, type StreamEstimate, type SyncEstimate } from '../../src/sync/estimate/estimate-sync.ts'
import { type ListeningSimulator, listenSimulator } from '../simulator/listening-simulator.ts'
import { collectSync, parseLines } from '../support/engine.ts'
import { inProcessAdapter } from '../support/in-process-intercom.ts'
import { createManualClock, type ManualClock } from '../support/manual-clock.ts'

const now = Date.UTC(2026, 2, 10, 12) / 1000
const day = 86_400

/** Streams that share a walk, and the requests that are made for it. */
const walks: Readonly<Record<string, { streams: readonly string[]; path: RegExp }>> = {
  contacts: { streams: ['contacts'], path: /^\/contacts/ },
  conversations: { streams: ['conversations', 'conversation_parts'], path: /^\/conversations/ },
  tickets: { streams: ['tickets', 'ticket_parts'], path: /^\/tickets/ },
  companies: { streams: ['companies', 'company_segments'], path: /^\/companies/ },
  articles: { streams: ['articles'], path: /^\/articles/ },
  activity_logs: { streams: ['activity_logs'], path: /^\/admins\/activity_logs/ },
  segments: { streams: ['segments'], path: /^\/segments/ },
  tags: { streams: ['tags'], path: /^\/tags/ },
  admins: { streams: ['admins'], path: /^\/admins$/ },
}
const streamNames = Object.values(walks).flatMap(({ streams }) => streams)

interface Drawn {
  sizes: SimulatorOptions
  apiVersion: string | undefined
  startDate: number | undefined
  lookback: number
  streams: readonly string[]
  wholeStreams: readonly string[]
  /** Changes between the first sync and the one that is estimated; undefined: the first one is. */
  changes: { afterSeconds: number; updated: number; created: number } | undefined
}

const drawn: fc.Arbitrary<Drawn> = fc.record({
  sizes: fc.record({
    seed: fc.integer({ min: 1, max: 1000 }),
    contacts: fc.oneof(fc.integer({ min: 0, max: 160 }), fc.integer({ min: 0, max: 1500 })),
    conversations: fc.oneof(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 700 })),
    tickets: fc.integer({ min: 0, max: 500 }),
    companies: fc.integer({ min: 0, max: 250 }),
    articles: fc.integer({ min: 0, max: 400 }),
    activityLogs: fc.integer({ min: 0, max: 600 }),
    segments: fc.integer({ min: 0, max: 12 }),
    tags: fc.integer({ min: 1, max: 30 }),
    longConversations: fc.integer({ min: 0, max: 1 }),
    oddities: fc.boolean(),
    inclusiveBounds: fc.boolean(),
    newestVersion: fc.constantFrom('2.16', '2.17'),
    timezone: fc.constantFrom('UTC', 'Pacific/Kiritimati', 'America/New_York'),
    span: fc
      .tuple(fc.constantFrom(700 * day, 60 * day, 2 * day), fc.integer({ min: 0, max: 7200 }))
      .map(([length, age]) => ({ from: now - length - age, to: now - age })),
  }),
  apiVersion: fc.constantFrom(undefined, '2.13', '2.16', '2.17'),
  startDate: fc.option(fc.constantFrom(now - 300 * day, now - 20 * day, now - day), { nil: undefined }),
  lookback: fc.constantFrom(0, 0, 3),
  streams: fc.subarray([...streamNames], { minLength: 1 }),
  wholeStreams: fc.subarray([...streamNames]),
  changes: fc.option(
    fc.record({
      afterSeconds: fc.constantFrom(30, 600, 3 * day),
      updated: fc.integer({ min: 0, max: 400 }),
      created: fc.integer({ min: 0, max: 300 }),
    }),
    { nil: undefined },
  ),
})

/** How many figures of which kind have been compared. */
const compared = { counted: 0, guessed: 0, unknown: 0 }

t.test('what is counted is within a fifth of what the sync then reads and asks', { timeout: 240_000 }, async (t) => {
  const numRuns = Number(process.env.ESTIMATE_RUNS ?? 25)
  await fc.assert(fc.asyncProperty(drawn, holds(t)), { numRuns, ...seedOf(process.env.ESTIMATE_SEED) })
  t.ok(compared.counted > numRuns, `${JSON.stringify(compared)} figures were compared`)
})

function seedOf(text: string | undefined): { seed?: number } {
  return text === undefined ? {} : { seed: Number(text) }
}

function holds(t: Parameters<typeof listenSimulator>[0]) {
  return async ({ sizes, apiVersion, startDate, lookback, streams, wholeStreams, changes }: Drawn): Promise<void> => {
    const clock = createManualClock(now * 1000)
    const simulator = await listenSimulator(t, { ...sizes, clock, rateLimitPerWindow: 100_000 })
    const config = {
      access_token: 'simulator-token',
      ...(apiVersion && { api_version: apiVersion }),
      ...(startDate && { start_date: new Date(startDate * 1000).toISOString().replace('.000', '') }),
      ...(lookback > 0 && { lookback_window: lookback }),
    }
    const asked = {
      config,
      streams: streams.map((name) => (wholeStreams.includes(name) ? { name, syncMode: 'full_refresh' } : name)),
    }
    const incremental = streams.filter((name) => !wholeStreams.includes(name))
    let state: unknown[] | undefined
    if (changes && incremental.length > 0) {
      const first = await collectSync({ ...asked, baseUrl: simulator.url, clock })
      const isIncremental = (one: unknown) =>
        incremental.includes((one as { stream: { stream_descriptor: { name: string } } }).stream.stream_descriptor.name)
      state = first.state.filter(isIncremental)
      clock.advance(changes.afterSeconds * 1000)
      for (const stream of ['contacts', 'conversations', 'tickets'])
        for (const [kind, count] of [
          ['update', changes.updated],
          ['create', changes.created],
        ] as const)
          if (Number(sizes[stream as 'contacts']) > 0) simulator.workspace.mutate({ stream, kind, count })
      clock.advance(20_000)
    }
    const request = { ...asked, ...(state && { state }) }
    const estimate = await estimateOf(simulator, clock, request)
    const before = simulator.requests.entries.length
    const { messages } = await collectSync({ ...request, baseUrl: simulator.url, clock })
    compare(
      estimate,
      messages,
      simulator.requests.entries.slice(before).map(({ path }) => path),
    )
    await simulator.app.close()
  }
}

async function estimateOf(simulator: ListeningSimulator, clock: ManualClock, body: object): Promise<SyncEstimate> {
  const request = parseSyncRequest(body)
  const adapter = inProcessAdapter(simulator.url)
  const before = simulator.requests.entries.length
  const estimate = await withBriefClient(
    {
      config: request.config,
      baseUrl: simulator.url,
      ...(adapter && { adapter }),
      clock,
      random: () => 0.5,
      signal: new AbortController().signal,
    },
    (client) => estimateSync(request, client),
  )
  const made = simulator.requests.entries.length - before
  if (made !== estimate.requestsMade) throw new Error(`it made ${made} requests and says ${estimate.requestsMade}`)
  if (made > 60) throw new Error(`it made ${made} requests`)
  return estimate
}

function compare({ streams }: SyncEstimate, messages: Buffer, paths: readonly string[]): void {
  const rows = new Map<string, number>()
  for (const message of parseLines(messages)) {
    const { type, record } = message as { type: string; record?: { stream: string } }
    if (type === 'RECORD' && record) rows.set(record.stream, (rows.get(record.stream) ?? 0) + 1)
  }
  for (const { streamName, rows: figure } of streams) check(`rows of ${streamName}`, figure, rows.get(streamName) ?? 0)
  for (const [root, { streams: names, path }] of Object.entries(walks)) {
    const own = streams.filter(({ streamName }) => names.includes(streamName))
    if (own.length === 0) continue
    const asked = paths.filter((one) => path.test(one)).length
    const isCounted = own.every(({ requests }) => requests.basis === 'counted')
    const count = own.reduce((sum, { requests }) => sum + requests.count, 0)
    check(`requests for ${root}`, { count, basis: isCounted ? 'counted' : 'guessed' }, asked)
  }
}

/** A sync of few records takes a few requests more or less: a record in the seconds beside a bound, a page that is asked again. */
const slack = 2

function check(what: string, { count, basis }: StreamEstimate['rows'], actual: number): void {
  compared[basis]++
  if (process.env.ESTIMATE_VERBOSE) console.error(what, basis, count, actual)
  if (basis !== 'counted' || Math.abs(count - actual) <= 0.2 * actual + slack) return
  throw new Error(`${what}: ${count} estimated, ${actual} needed`)
}
