import { Readable } from 'node:stream'
import type { Simulator } from '../../simulator/app.ts'
import { defaultToken } from '../../simulator/options.ts'
import { type CheckOptions, checkMessages } from '../../simulator/oracle/check-messages.ts'
import type { Report } from '../../simulator/oracle/report.ts'
import { rowsInside } from '../../simulator/records/rows-inside.ts'
import { belowNames } from '../../simulator/truth/below-truth.ts'
import { type Clock, systemClock } from '../../src/clock.ts'
import { createBudget } from '../../src/intercom/budget/budget.ts'
import { createClient } from '../../src/intercom/client.ts'
import type { AxiosAdapter } from '../../src/intercom/transport.ts'
import type { Checkpoint, Commit, Position, SyncOutcome } from '../../src/sync/contract/commit.ts'
import { parseSyncRequest, type SyncRequestBody } from '../../src/sync/contract/sync-request.ts'
import type { WalkPorts } from '../../src/sync/contract/walk.ts'
import type { LogPiece } from '../../src/sync/delivered/replay.ts'
import { createEngine, type StartSync } from '../../src/sync/engine.ts'
import { createFileSpool } from '../../src/sync/pages/file-spool.ts'
import { runSync } from '../../src/sync/run-sync.ts'
import type { Growth } from '../../src/sync/state/growing-lists.ts'
import { inProcessAdapter } from './in-process-intercom.ts'
import { refuseToken } from './token-leaks.ts'

/** The result of an attempt at a sync. */
export interface Collected {
  commits: Commit[]
  /** Absent when the attempt was stopped early. */
  outcome?: SyncOutcome
  /** The whole NDJSON. */
  messages: Buffer
  /** The latest STATE of each stream, as the next job's `state`. */
  state: unknown[]
}

export interface CollectOptions extends SyncRequestBody {
  baseUrl: string
  /** Carries requests and answers. @defaultValue to a simulator of this process without a socket, else by Node */
  adapter?: AxiosAdapter | undefined
  /** Whether requests go over sockets to a simulator of this process, too. @defaultValue false */
  usesSockets?: boolean
  clock?: Clock
  /** Decides when a commit is due. @defaultValue the clock */
  commitClock?: Clock
  /** The commits that earlier attempts at the job have made durable. */
  held?: readonly Commit[]
  /** Stops, as if killed, after so many commits. */
  stopAfter?: number
  /** Takes each commit as it comes, so that commits outlive an attempt that fails. */
  taken?: (commit: Commit) => void | Promise<void>
  /** @defaultValue 15 minutes */
  scrollPatienceMs?: number
  /** Replaces the spool in a file and the usual number of records per slice. @defaultValue nothing */
  ports?: Partial<Pick<WalkPorts, 'createSpool' | 'recordsPerSlice'>>
}

/** Runs the engine in this process against a simulator. */
export async function collectSync(options: CollectOptions): Promise<Collected> {
  const {
    baseUrl,
    usesSockets = false,
    adapter = usesSockets ? undefined : inProcessAdapter(baseUrl),
    clock = systemClock,
    commitClock = clock,
    held,
    stopAfter = Infinity,
    taken,
    ...more
  } = options
  const { scrollPatienceMs, ports, ...body } = more
  const position = held?.at(-1)?.position
  const request = parseSyncRequest({ config: { access_token: defaultToken }, ...body })
  const stop = new AbortController()
  const random = () => 0.5
  const client = createClient({
    config: request.config,
    baseUrl,
    ...(adapter && { adapter }),
    budget: createBudget({ clock, random }),
    clock,
    random,
    signal: stop.signal,
  })
  const commits: Commit[] = []
  const sync = runSync({
    ...request,
    ...(position && { position }),
    growth: held?.flatMap(({ growth = [] }) => growth) ?? [],
    ...(held && { replay: () => Readable.from(held.map(pieceOf)) }),
    client,
    clock: commitClock,
    signal: stop.signal,
    ports: {
      createSpool: createFileSpool,
      scrollLease: { hold: (_signal, work) => work() },
      mostBytes: () => 32 << 20,
      ...(scrollPatienceMs !== undefined && { scrollPatienceMs }),
      ...ports,
    },
  })
  let outcome: SyncOutcome | undefined
  try {
    while (commits.length < stopAfter) {
      const step = await sync.next()
      if (step.done) {
        outcome = step.value
        break
      }
      const { position, growth = [] } = step.value
      // Through JSON and back, because a position goes through Redis.
      const kept = JSON.parse(JSON.stringify({ position, growth })) as { position: Position; growth: Growth[] }
      const commit = { ...step.value, ...kept, body: Buffer.from(step.value.body) }
      commits.push(commit)
      await taken?.(commit)
    }
  } finally {
    stop.abort()
  }
  const delivered = joined(commits)
  refuseToken('the messages', delivered.messages)
  return { commits, ...(outcome && { outcome }), ...delivered }
}

/** What a worker reads of a commit when it goes on with a job. */
const pieceOf = ({ body, fingerprints }: Commit): LogPiece => (fingerprints ? { fingerprints } : body)

/** The engine as a worker starts it, for jobs that run side by side in this process. */
export const engineOn = (baseUrl: string): StartSync =>
  createEngine({
    clock: systemClock,
    random: Math.random,
    baseUrl,
    createSpool: createFileSpool,
    scrollLeaseOf: () => ({ hold: (_signal, work) => work() }),
  })

/** The result of several attempts at one job together. */
export function joined(commits: readonly Commit[]): Pick<Collected, 'messages' | 'state'> {
  const latest = new Map<string, Checkpoint>()
  for (const checkpoint of commits.flatMap((commit) => commit.checkpoints))
    latest.set(checkpoint.streamName, checkpoint)
  const state = [...latest.values()].map(({ streamName, streamState }) => ({
    type: 'STREAM',
    stream: { stream_descriptor: { name: streamName }, stream_state: streamState },
  }))
  return { messages: Buffer.concat(commits.map((commit) => commit.body)), state }
}

/** Compares messages with the simulator's truth. What streams hold that nobody speaks of need not be drawn up. */
export function judge(simulator: Simulator, messages: Buffer, options: CheckOptions = {}): Promise<Report> {
  const streamNames = [...simulator.workspace.streamNames, ...Object.keys(rowsInside), ...belowNames]
  const spokenOf = streamNames.filter((name) => messages.includes(`"${name}"`))
  const expected = options.expectStreams?.filter((name) => streamNames.includes(name)) ?? []
  const streams = spokenOf.length > 0 ? new Set([...spokenOf, ...expected]) : simulator.workspace.streamNames
  return checkMessages([messages], simulator.workspace.truth({ streams: [...streams] }), options)
}

export const contactsOf = (messages: Buffer): Record<string, unknown>[] => recordsOf(messages, 'contacts')

/** Ids of the contacts that came with a list of tags that was cut, sorted. */
export const cutContactsOf = (messages: Buffer): string[] =>
  contactsOf(messages)
    .flatMap(({ id, tags }) => ((tags as { has_more: boolean }).has_more ? [String(id)] : []))
    .toSorted()

export function recordsOf(messages: Buffer, stream: string): Record<string, unknown>[] {
  // To parse every line of a log takes a fifth of some tests.
  const lines = linesOf(messages).filter((line) => line.includes(`"${stream}"`))
  return lines.map(parseLine).flatMap((message) => {
    const isWanted = message.type === 'RECORD' && message.record.stream === stream
    return isWanted ? [message.record.data] : []
  })
}

/** An Airbyte message, as far as tests look into it. */
export interface Message {
  type: string
  record: { stream: string; data: Record<string, unknown>; emitted_at: number }
  state: { stream: { stream_descriptor: { name: string }; stream_state: Record<string, unknown> } }
  log: { level: string; message: string }
  trace: {
    type: string
    emitted_at: number
    stream_status?: {
      stream_descriptor: { name: string }
      status: string
      reasons?: { rate_limited: { quota_reset: number } }[]
    }
    error?: { message: string; failure_type: string; stream_descriptor?: { name: string } }
    estimate?: { name: string; row_estimate: number }
  }
}

export const parseLines = (messages: Buffer): Message[] => linesOf(messages).map(parseLine)

const parseLine = (line: string): Message => JSON.parse(line) as Message

function linesOf(messages: Buffer): string[] {
  return messages
    .toString()
    .split('\n')
    .filter((line) => line !== '')
}
