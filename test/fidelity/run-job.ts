import { pick, type Random } from '../../simulator/random.ts'
import type { Commit } from '../../src/sync/contract/commit.ts'
import { collectSync, joined } from '../support/engine.ts'
import type { World } from '../support/moving-world.ts'
import type { ToldClocks } from './draw-clocks.ts'
import type { Wish } from './draw-selection.ts'

/** A job as its log shows it, however many attempts it took. */
export interface Job {
  messages: Buffer
  state: unknown[]
  attempts: number
  /** Why it did not succeed. */
  failure?: string
  /** Streams that it could not read completely. */
  incomplete: ReadonlySet<string>
}

export interface JobOptions {
  version: string
  streams: readonly Wish[]
  state: unknown[] | undefined
  startDate: string | undefined
  /** Whether what is deleted is told. */
  buries: boolean
  /** Commits after which each of the first attempts is killed. */
  kills: readonly number[]
  /** The client gives the job up at the last of these kills. */
  isAbandoned?: boolean
  /** The time that the job gets. @defaultValue the true one */
  clocks?: ToldClocks | undefined
}

const mostAttempts = 8

export function configOf({ version, startDate, buries }: Pick<JobOptions, 'version' | 'startDate' | 'buries'>): object {
  return {
    access_token: 'simulator-token',
    api_version: version,
    ...(startDate && { start_date: startDate }),
    ...(buries && { tombstones: 'airbyte' }),
  }
}

/** Runs attempts until the job has ended, each from the position of the last commit. */
export async function runJob(world: World, options: JobOptions): Promise<Job> {
  const { streams, state, kills, isAbandoned, clocks } = options
  const clock = world.tell(clocks)
  const { recordsPerSlice } = world
  const held: Commit[] = []
  const errors: string[] = []
  for (let attempt = 1; attempt <= (isAbandoned ? kills.length : mostAttempts); attempt++) {
    const stopAfter = kills[attempt - 1]
    const collected = await collectSync({
      baseUrl: world.baseUrl,
      adapter: world.adapter,
      clock,
      streams,
      config: configOf(options),
      ...(state && { state }),
      ...(held.length > 0 && { held: [...held] }),
      ...(stopAfter !== undefined && { stopAfter }),
      taken: (commit) => void held.push(commit),
      ports: { ...(recordsPerSlice !== undefined && { recordsPerSlice }) },
    }).catch((error: unknown) => void errors.push(String(error)))
    const { outcome } = collected ?? {}
    if (outcome) {
      const { failure, streams: ended } = outcome
      const isAside = failure?.code === 'records_unreadable'
      const incomplete = ended.flatMap(({ streamName, status }) =>
        isAside && status === 'INCOMPLETE' ? streamName : [],
      )
      return {
        ...joined(held),
        attempts: attempt,
        incomplete: new Set(incomplete),
        ...(failure && { failure: failure.message }),
      }
    }
  }
  const failure = `it never ended: ${errors.join('; ')}`
  return { ...joined(held), attempts: mostAttempts, incomplete: new Set(), failure }
}

/** Most jobs are not killed; the others are killed once or twice. */
export function drawKills(random: Random): number[] {
  const times = pick(random, [0, 0, 0, 1, 1, 2])
  return Array.from({ length: times }, () => 1 + Math.floor(random() * random() * 30))
}
