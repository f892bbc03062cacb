import type { StreamStates } from '../../airbyte/state/stream-states.ts'
import { CodedError } from '../../errors.ts'
import { parseStoredAsGiven, readStoredNumber } from '../../stored/stored-data.ts'
import { storeAnswer } from '../availability.ts'
import { hasEnded, type Job } from '../job.ts'
import type { StoreClient } from '../keys.ts'
import { type CheckpointSource, givenPrefix, readCheckpoints } from './checkpoints.ts'
import { type Holding, mayHaveGoneBack, refuseBeyondEnd, refuseOtherJob, requireOwnLog } from './log-epoch.ts'
import { messagesGone } from './messages-gone.ts'

/** @throws CodedError `job_running`, `log_gone`, `log_damaged`, `log_rewound`, `offset_out_of_range` */
export async function statesAt(
  source: CheckpointSource,
  job: Job,
  at: number | undefined,
  epoch: string | undefined,
): Promise<StreamStates> {
  const { redis } = source
  refuseOtherJob(job, epoch)
  requireOwnLog(job, { epoch, held: at ?? job.messageCount })
  if (at === undefined && !hasEnded(job)) {
    throw new CodedError('job_running', 'The job has not ended: say with `at` how many of its messages you hold')
  }
  const offset = at ?? job.messageCount
  await checkOffset(redis, job, { epoch, held: offset }, 'at')
  await refuseTrimmed(redis, job.jobId, offset)
  const given = await readGivenStates(redis, job.jobId)
  const states = new Map([...given, ...(await readCheckpoints(source, job.jobId, 0, offset))])
  if (job.status === 'succeeded') for (const name of job.fullRefresh) states.delete(name)
  return Object.fromEntries(states)
}

/**
 * @param name how the caller's request names the offset
 * @throws CodedError `log_gone`, `log_rewound`, `offset_out_of_range`
 */
export async function checkOffset(redis: StoreClient, job: Job, holding: Holding, name: string): Promise<void> {
  if ((await storeAnswer(redis.exists(redis.keyspace.job(job.jobId, 'dataKey')))) === 0)
    throw new CodedError('log_gone')
  await refuseBeyondEnd(job, { ...holding, name }, () => mayHaveGoneBack(redis, job.jobId))
}

/** The states before the messages that have given way are no longer known. @throws CodedError `log_gone` */
async function refuseTrimmed(redis: StoreClient, jobId: number, offset: number): Promise<void> {
  const trimmedTo = await storeAnswer(redis.hget(redis.keyspace.job(jobId, 'record'), 'trimmedTo'))
  const firstLeft = readStoredNumber(trimmedTo, `trimmedTo of job ${jobId}`)
  if (offset < firstLeft) throw messagesGone(firstLeft)
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
