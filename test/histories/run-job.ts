import type { Commit, SyncOutcome } from '../../src/sync/contract/commit.ts'
import { collectSync, joined } from '../support/engine.ts'
import type { World } from '../support/in-process-world.ts'
import { createMemorySpool } from '../support/memory-spool.ts'
import { withWrongDates } from '../support/wrong-clocks.ts'
import type { History, WrongClocks } from './history.ts'

/** A job as its log shows it, however many attempts it took. */
export interface Job {
  messages: Buffer
  /** Absent when it was given up, or when no attempt came to its end. */
  outcome?: SyncOutcome
  /** The error of its last attempt. */
  error?: string
}

export interface JobOptions {
  streams: readonly string[]
  state: unknown[]
  kills?: readonly number[]
  stopAfter?: number | null
  slowCommits?: boolean
  lookback?: number
  clocks?: WrongClocks | null | undefined
}

/** In so many turns of the event loop, all work under way runs as far as it can. */
const slowTurns = 30

async function makeDurable(isSlow: boolean): Promise<void> {
  for (let turn = 0; isSlow && turn < slowTurns; turn++) await new Promise((resolve) => setImmediate(resolve))
}

/** A job has failed after so many failed attempts. */
const mostAttempts = 3

/** Runs attempts until the job has ended or is given up, each from the position of the last commit. */
export async function runJob(
  world: World,
  { workspace, modes }: Pick<History, 'workspace' | 'modes'>,
  { streams, state, kills = [], stopAfter, slowCommits = false, lookback = 0, clocks }: JobOptions,
): Promise<Job> {
  const held: Commit[] = []
  const { version, isPinned, recordsPerSlice } = workspace
  const { dates, machine } = clocks ?? {}
  world.alter(dates ? withWrongDates(dates, world.clock, dates.on) : undefined)
  const clock = world.machine(machine ?? undefined)
  let error: string | undefined
  const stops = [...kills, ...Array.from({ length: mostAttempts }, () => stopAfter ?? Number.POSITIVE_INFINITY)]
  for (const [place, stop] of stops.entries()) {
    const collected = await collectSync({
      baseUrl: world.baseUrl,
      adapter: world.adapter,
      clock,
      streams: streams.map((name) => ({ name, syncMode: modes[name] })),
      config: {
        access_token: 'simulator-token',
        ...(isPinned && { api_version: version }),
        ...(lookback > 0 && { lookback_window: lookback }),
      },
      ...(state.length > 0 && { state }),
      ...(held.length > 0 && { held: [...held] }),
      stopAfter: stop,
      taken: async (commit) => {
        await makeDurable(slowCommits)
        held.push(commit)
      },
      ports: { createSpool: createMemorySpool, ...(recordsPerSlice !== null && { recordsPerSlice }) },
    }).catch((failure: unknown) => {
      error = failure instanceof Error ? `${failure.name}: ${failure.message}` : String(failure)
    })
    if (collected?.outcome) return { messages: joined(held).messages, outcome: collected.outcome }
    if (collected && place >= kills.length) break
  }
  return { messages: joined(held).messages, ...(error !== undefined && { error }) }
}
