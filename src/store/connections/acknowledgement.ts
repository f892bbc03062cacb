import type { Static } from 'typebox'
import type { StreamStates } from '../../airbyte/state.ts'
import { CodedError } from '../../errors.ts'
import { NumberText, readStored } from '../../stored/stored-data.ts'
import { storeAnswer } from '../availability.ts'
import type { Job } from '../job.ts'
import { connectionKey, jobKey } from '../keys.ts'
import { type CheckpointSource, readCheckpoints } from '../log/checkpoints.ts'
import { checkOffset } from '../log/job-states.ts'
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
 * @throws CodedError `no_connection`, `ack_superseded`, `offset_out_of_range`, `log_gone`, `log_damaged`, `log_rewound`
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
    requireOwnLog(job, holding)
    if (connectionId === undefined) throw new CodedError('no_connection')
    await checkOffset(redis, job, offset, 'offset')
    const [outcome, acknowledged] = await move(source, job, connectionId, offset)
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
  source: CheckpointSource,
  { tenant, jobId, logEpoch, fullRefresh }: Job,
  connectionId: string,
  offset: number,
): Promise<Static<typeof acknowledgeScript.reply>> {
  const { redis } = source
  const acked = (await storeAnswer(redis.hget(jobKey(jobId, 'record'), 'ackedOffset'))) ?? '0'
  const before = Number(readStored(NumberText, acked, `the record of job ${jobId} (ackedOffset)`))
  const checkpoints = await readCheckpoints(source, jobId, before, offset)
  const moved = [...checkpoints].filter(([name]) => !fullRefresh.includes(name))
  return runScript(redis, acknowledgeScript, {
    keys: {
      jobRecordKey: jobKey(jobId, 'record'),
      dataKeyKey: jobKey(jobId, 'dataKey'),
      connectionKey: connectionKey(tenant, connectionId, 'record'),
      statesKey: connectionKey(tenant, connectionId, 'states'),
    },
    args: { offset, jobId, epoch: logEpoch },
    entries: moved.map(([streamName, state]) => ({ streamName, streamState: JSON.stringify(state) })),
  })
}
