import Type, { type Static } from 'typebox'
import type { StreamStates } from '../../airbyte/state/stream-states.ts'
import { CodedError } from '../../errors.ts'
import { parseStored, parseStoredAsGiven } from '../../stored/stored-data.ts'
import { storeAnswer } from '../availability.ts'
import { hasEnded, type Job } from '../job.ts'
import type { StoreClient } from '../keys.ts'
import { runScript } from '../script.ts'
import { StreamStateSchema } from '../stored-request.ts'
import { refuseOtherJob, requireOwnLog } from './log-epoch.ts'
import { readCheckpointsScript } from './read-checkpoints.lua.ts'

const givenPrefix = 'given:'
const entriesPerRead = 64

/** @throws CodedError `job_running`, `log_gone`, `log_rewound`, `offset_out_of_range` */
export async function statesAt(
  redis: StoreClient,
  job: Job,
  at: number | undefined,
  epoch: string | undefined,
): Promise<StreamStates> {
  refuseOtherJob(job, epoch)
  requireOwnLog(job, { epoch, held: at ?? job.messageCount })
  if (at === undefined && !hasEnded(job)) {
    throw new CodedError('job_running', 'The job has not ended: say with `at` how many of its messages you hold')
  }
  const offset = at ?? job.messageCount
  await checkOffset(redis, job, offset, 'at')
  const given = await readGivenStates(redis, job.jobId)
  const states = new Map([...given, ...(await readCheckpoints(redis, job.jobId, 0, offset))])
  if (job.status === 'succeeded') for (const name of job.fullRefresh) states.delete(name)
  return Object.fromEntries(states)
}

/** @throws CodedError `log_gone`, `offset_out_of_range` */
export async function checkOffset(redis: StoreClient, job: Job, offset: number, name: string): Promise<void> {
  if ((await storeAnswer(redis.exists(redis.keyspace.job(job.jobId, 'dataKey')))) === 0)
    throw new CodedError('log_gone')
  if (offset <= job.messageCount) return
  throw new CodedError('offset_out_of_range', `${name} is ${offset}, but the log has ${job.messageCount} messages`, {
    extensions: { messageCount: job.messageCount },
  })
}

/**
 * The last checkpoint of each stream among the messages after the first `after` and up to `at`.
 *
 * @throws CodedError `log_gone`
 */
export async function readCheckpoints(
  redis: StoreClient,
  jobId: number,
  after: number,
  at: number,
): Promise<Map<string, Record<string, unknown>>> {
  const names = await storeAnswer(redis.hkeys(redis.keyspace.job(jobId, 'states')))
  const missing = new Set(names.filter((name) => !name.startsWith(givenPrefix)))
  const found = new Map<string, Record<string, unknown>>()
  // Backwards, because if every stream has a recent checkpoint, only a small part of the log is read.
  for (let before = ''; at > after && missing.size > 0; ) {
    const [outcome, next = '', ...entries] = await runScript(redis, readCheckpointsScript, {
      keys: { logKey: redis.keyspace.job(jobId, 'log'), dataKeyKey: redis.keyspace.job(jobId, 'dataKey') },
      args: { offset: at, before, after, mostEntries: entriesPerRead },
    })
    if (outcome === 'GONE') throw new CodedError('log_gone')
    for (const { offset, streamName, streamState } of entries.flatMap((entry) => newestFirst(jobId, entry))) {
      if (offset > at || offset <= after || !missing.delete(streamName)) continue
      found.set(streamName, streamState)
    }
    if (next === '') break
    before = next
  }
  return found
}

const LoggedCheckpoints = Type.Array(
  Type.Object({ offset: Type.Integer(), streamName: Type.String(), streamState: StreamStateSchema }),
)

function newestFirst(jobId: number, entry: string): Static<typeof LoggedCheckpoints> {
  return parseStored(LoggedCheckpoints, entry, `the log of job ${jobId}`).reverse()
}

async function readGivenStates(redis: StoreClient, jobId: number): Promise<[string, Record<string, unknown>][]> {
  const states = await storeAnswer(redis.hgetall(redis.keyspace.job(jobId, 'states')))
  return Object.entries(states)
    .filter(([name]) => name.startsWith(givenPrefix))
    .map(([name, state]) => [
      name.slice(givenPrefix.length),
      parseStoredAsGiven(state, `a state that job ${jobId} began with`),
    ])
}
