import type { Static } from 'typebox'
import type { StreamStates } from '../../airbyte/state/stream-states.ts'
import { CodedError } from '../../errors.ts'
import { NumberText, readStored } from '../../stored/stored-data.ts'
import { storeAnswer } from '../availability.ts'
import type { Job } from '../job.ts'
import type { StoreClient } from '../keys.ts'
import { checkOffset, readCheckpoints } from '../log/job-states.ts'
import { type Holding, requireOwnLog } from '../log/log-epoch.ts'
import { runScript } from '../script.ts'
import { readConnectionStates } from './connection-states.ts'
import { acknowledgeScript } from './states.lua.ts'

/** The messages that a connection's client has, as far as the connection knows. */
export interface Acknowledged {
  /** Messages of the job. */
  offset: number
  /** The connection's state. */
  states: StreamStates
}

/**
 * Notes that the client has so many messages of a job: moves its connection's state to the last checkpoint of each
 * stream among them. Full-refresh streams have no state there, because every job of a connection reads them again.
 *
 * @param readJob reads the job in its present state
 * @throws CodedError `no_connection`, `ack_superseded`, `offset_out_of_range`, `log_gone`, `log_rewound`
 */
export async function acknowledge(
  redis: StoreClient,
  readJob: () => Promise<Job>,
  holding: Holding,
): Promise<Acknowledged> {
  const { held: offset } = holding
  for (;;) {
    const job = await readJob()
    const { tenant, jobId, connectionId } = job
    requireOwnLog(job, holding)
    if (connectionId === undefined) throw new CodedError('no_connection')
    await checkOffset(redis, job, offset, 'offset')
    const [outcome, acknowledged] = await move(redis, job, connectionId, offset)
    if (outcome === 'GONE') throw new CodedError('log_gone')
    if (outcome === 'SUPERSEDED') {
      throw new CodedError(
        'ack_superseded',
        `The state of connection ${connectionId} no longer follows job ${jobId}: it was set, reset or acknowledged by a later job`,
      )
    }
    if (outcome === 'ACKNOWLEDGED') {
      return { offset: Number(acknowledged), states: await readConnectionStates(redis, tenant, connectionId) }
    }
  }
}

async function move(
  redis: StoreClient,
  { tenant, jobId, logEpoch, fullRefresh }: Job,
  connectionId: string,
  offset: number,
): Promise<Static<typeof acknowledgeScript.reply>> {
  const acked = (await storeAnswer(redis.hget(redis.keyspace.job(jobId, 'record'), 'ackedOffset'))) ?? '0'
  const before = Number(readStored(NumberText, acked, `the record of job ${jobId} (ackedOffset)`))
  const checkpoints = await readCheckpoints(redis, jobId, before, offset)
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
