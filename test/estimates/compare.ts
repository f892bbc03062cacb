import { setImmediate } from 'node:timers/promises'
import { withBriefClient } from '../../src/intercom/brief-client.ts'
import { parseSyncRequest } from '../../src/sync/contract/sync-request.ts'
import { estimateSync, type SyncEstimate } from '../../src/sync/estimate/estimate-sync.ts'
import type { Basis } from '../../src/sync/estimate/figures.ts'
import { collectSync, parseLines } from '../support/engine.ts'
import { inProcessAdapter } from '../support/in-process-intercom.ts'
import { type ListeningSimulator, listenSimulator } from '../support/listening-simulator.ts'
import { runWithTeardown } from '../support/long-run.ts'
import { createManualClock, type ManualClock } from '../support/manual-clock.ts'
import { type DrawnSync, now, type SyncBefore, walks } from './draw.ts'

/** A figure of an estimate beside what the sync then needed. */
export interface Compared {
  /** For people, e.g. `rows of contacts`. */
  what: string
  basis: Basis
  estimated: number
  needed: number
}

/** An estimate beside its sync. */
export interface Comparison {
  figures: Compared[]
  requestsMade: number
}

/** What an estimate may ask: the few requests for each search, more for one that is divided, and one for each list. */
const mostRequests = 60

/** Where a sync needs few, it may be off by so many: a record in the seconds beside a bound, a page asked for again. */
const slack = 2

/** Whether a figure is as good as it says. */
export function holds({ basis, estimated, needed }: Compared): boolean {
  return basis !== 'counted' || Math.abs(estimated - needed) <= 0.2 * needed + slack
}

/** Estimates a sync, and then runs it. @throws when the estimate asks too much, or does not say how much */
export function compare(drawn: DrawnSync): Promise<Comparison> {
  return runWithTeardown(async (t) => {
    const clock = createManualClock(now * 1000)
    const simulator = await listenSimulator(t, { ...drawn.workspace, clock, rateLimitPerWindow: 100_000 })
    const asked = requestOf(drawn)
    const state = drawn.before && (await syncBefore(drawn, drawn.before, asked, simulator, clock))
    const request = { ...asked, ...(state && { state }) }
    const estimate = await estimateOf(simulator, clock, request)
    const before = simulator.requests.entries.length
    const { messages } = await collectSync({ ...request, baseUrl: simulator.url, clock })
    const paths = simulator.requests.entries.slice(before).map(({ path }) => path)
    return {
      figures: [...rowsOf(estimate, messages), ...requestsOf(estimate, paths)],
      requestsMade: estimate.requestsMade,
    }
  })
}

function requestOf({ apiVersion, startDate, lookback, streams, wholeStreams }: DrawnSync) {
  return {
    config: {
      access_token: 'simulator-token',
      ...(apiVersion && { api_version: apiVersion }),
      ...(startDate && { start_date: new Date(startDate * 1000).toISOString().replace('.000', '') }),
      ...(lookback > 0 && { lookback_window: lookback }),
    },
    streams: streams.map((name) => (wholeStreams.includes(name) ? { name, syncMode: 'full_refresh' } : name)),
  }
}

/** The states of the sync before, those of full refreshes left out. */
async function syncBefore(
  { workspace, wholeStreams }: DrawnSync,
  { commits, secondsAgo, updated, created }: SyncBefore,
  asked: ReturnType<typeof requestOf>,
  simulator: ListeningSimulator,
  clock: ManualClock,
): Promise<unknown[]> {
  const { state } = await collectSync({
    ...asked,
    baseUrl: simulator.url,
    clock,
    ...(commits !== undefined && { stopAfter: commits }),
  })
  await untilQuiet(simulator)
  clock.advance(secondsAgo * 1000)
  for (const stream of ['contacts', 'conversations', 'tickets'] as const) {
    if (!workspace[stream]) continue
    simulator.workspace.mutate({ stream, kind: 'update', count: updated })
    simulator.workspace.mutate({ stream, kind: 'create', count: created })
  }
  clock.advance(20_000)
  const nameOf = (one: unknown) =>
    (one as { stream: { stream_descriptor: { name: string } } }).stream.stream_descriptor.name
  return state.filter((one) => !wholeStreams.includes(nameOf(one)))
}

/** Requests of a sync that was killed still arrive. */
async function untilQuiet({ requests }: ListeningSimulator): Promise<void> {
  for (let seen = -1; seen !== requests.entries.length; ) {
    seen = requests.entries.length
    for (let turn = 0; turn < 20; turn++) await setImmediate()
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
  if (made > mostRequests) throw new Error(`it made ${made} requests`)
  return estimate
}

function rowsOf({ streams }: SyncEstimate, messages: Buffer): Compared[] {
  const rows = new Map<string, number>()
  for (const message of parseLines(messages)) {
    const { type, record } = message as { type: string; record?: { stream: string } }
    if (type === 'RECORD' && record) rows.set(record.stream, (rows.get(record.stream) ?? 0) + 1)
  }
  return streams.map(({ streamName, rows: { basis, count } }) => {
    return { what: `rows of ${streamName}`, basis, estimated: count, needed: rows.get(streamName) ?? 0 }
  })
}

/** Requests of the streams of a walk together: the log of requests does not say for which of them they were. */
function requestsOf({ streams }: SyncEstimate, paths: readonly string[]): Compared[] {
  return Object.entries(walks).flatMap(([root, { streams: names, path }]) => {
    const own = streams.filter(({ streamName }) => names.includes(streamName))
    if (own.length === 0) return []
    const basis = own.every(({ requests }) => requests.basis === 'counted') ? 'counted' : 'guessed'
    const estimated = own.reduce((sum, { requests }) => sum + requests.count, 0)
    return { what: `requests for ${root}`, basis, estimated, needed: paths.filter((one) => path.test(one)).length }
  })
}
