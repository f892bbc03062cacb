import type { Static } from 'typebox'
import type { StreamStates } from '../../airbyte/state/stream-states.ts'
import { CodedError } from '../../errors.ts'
import { NumberText, readStored } from '../../stored/stored-data.ts'
import { storeAnswer } from '../availability.ts'
import type { Job } from '../job.ts'
import type { StoreClient } from '../keys.ts'
import { type CheckpointSource, readCheckpoints } from '../log/checkpoints.ts'
import { checkOffset, statesAt } from '../log/job-states.ts'
import { type Holding, requireOwnLog } from '../log/log-epoch.ts'
import { runScript } from '../script.ts'
import { readConnectionStates } from './connection-states.ts'
import { acknowledgeScript, keepAcknowledgedScript } from './states.lua.ts'

/** The messages that a client has, as far as it has said so. */
export interface Acknowledged {
  /** Messages of the job. */
  offset: number
  /** The connection's state; of a job without a connection, the states at the offset. */
  states: StreamStates
}

/**
 * Notes that the client has so many messages of a job: moves its connection's state, if it has one, to the last
 * checkpoint of each stream among them. Full-refresh streams have no state there, because every job of a connection reads
 * them again. A full refresh beside the syncs moves no state at all.
 *
 * @param readJob reads the job in its present state
 * @throws CodedError `ack_superseded`, `offset_out_of_range`, `log_gone`, `log_damaged`, `log_rewound`
 */
export async function acknowledge(
  source: CheckpointSource,
  readJob: () => Promise<Job>,
  holding: Holding,
): Promise<Acknowledged> {
  const { redis } = source
  const { held: offset } = holding
  for (;;) {
    const job = await readJob()
    const { tenant, jobId, connectionId } = job
    const movesState = connectionId !== undefined && job.jobType === 'sync'
    requireOwnLog(job, holding)
    await checkOffset(redis, job, holding, 'offset')
    const [outcome, acknowledged] = movesState
      ? await move(source, job, connectionId, offset)
      : await keep(redis, job, offset)
    if (outcome === 'GONE') throw new CodedError('log_gone')
    if (outcome === 'SUPERSEDED') {
      throw new CodedError(
        'ack_superseded',
        `The state of connection ${connectionId} no longer follows job ${jobId}: it was set, reset or acknowledged by a later job`,
      )
    }
    if (outcome === 'ACKNOWLEDGED') {
      const states =
        connectionId === undefined
          ? await statesAt(source, job, Number(acknowledged), job.logEpoch)
          : await readConnectionStates(redis, tenant, connectionId)
      return { offset: Number(acknowledged), states }
    }
  }
}

/** Notes it with a job that moves the state of no connection. */
function keep(
  redis: StoreClient,
  { jobId, logEpoch }: Job,
  offset: number,
): Promise<Static<typeof keepAcknowledgedScript.reply>> {
  return runScript(redis, keepAcknowledgedScript, {
    keys: { jobRecordKey: redis.keyspace.job(jobId, 'record'), dataKeyKey: redis.keyspace.job(jobId, 'dataKey') },
    args: { offset, epoch: logEpoch },
  })
}

async function move(
  source: CheckpointSource,
  { tenant, jobId, logEpoch, fullRefresh }: Job,
  connectionId: string,
  offset: number,
): Promise<Static<typeof acknowledgeScript.reply>> {
  const { redis } = source
  const acked = (await storeAnswer(redis.hget(redis.keyspace.job(jobId, 'record'), 'ackedOffset'))) ?? '0'
  const before = Number(readStored(NumberText, acked, `the record of job ${jobId} (ackedOffset)`))
  const checkpoints = await readCheckpoints(source, jobId, before, offset)
  const moved = [...checkpoints].filter(([name]) => !fullRefresh.includes(name))
  return runScript(redis, acknowledgeScript, {
    keys: {
      jobRecordKey: redis.keyspace.job(jobId, 'record'),
      dataKeyKey: redis.keyspace.job(jobId, 'dataKey'),
      connectionKey: redis.keyspace.connection(tenant, connectionId, 'record'),
      statesKey: redis.keyspace.connection(tenant, connectionId, 'states'),
    },
    args: { offset, jobId, epoch: logEpoch },
    entries: moved.map(([streamName, state]) => ({ streamName, streamState: JSON.stringify(state) })),
  })
}
