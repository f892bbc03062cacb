import Type, { type Static } from 'typebox'
import { NumberText, readStored } from '../../stored/stored-data.ts'
import { storeAnswer } from '../availability.ts'
import { readFields } from '../hash-fields.ts'
import { isFinal } from '../job.ts'
import type { StoreClient } from '../keys.ts'
import { givenPrefix } from '../log/checkpoints.ts'
import type { ScheduleRecord } from './schedule-record.ts'

/**
 * What became of the messages of a connection's last sync. `taken`: nothing is left that an acknowledgement would move
 * the state to. `waiting`: a client must acknowledge them. `gone`: nobody has, and nobody can any more.
 */
export type LastSync = 'running' | 'taken' | 'waiting' | 'gone'

const Fields = Type.Object({
  status: Type.String(),
  messages: NumberText,
  jobType: Type.Optional(Type.String()),
  generation: Type.Optional(Type.String()),
  ackedOffset: Type.Optional(NumberText),
  serviceAckedOffset: Type.Optional(NumberText),
  lastCheckpoint: Type.Optional(NumberText),
})

/** @throws StoredDataError */
export async function readLastSync(
  redis: StoreClient,
  { latestJob, latestSync, generation }: Pick<ScheduleRecord, 'latestJob' | 'latestSync' | 'generation'>,
): Promise<LastSync> {
  const latest = await readEnd(redis, latestJob)
  if (!latest) return 'taken'
  if (!isFinal(latest.status)) return 'running'
  const isRefresh = latest.jobType === 'refresh'
  const [jobId, sync] = isRefresh ? [latestSync, await readEnd(redis, latestSync)] : [latestJob, latest]
  // After a change of the state by hand, nobody can acknowledge what the sync has delivered.
  if (jobId === undefined || !sync || sync.generation !== generation) return 'taken'
  const acked = Math.max(Number(sync.ackedOffset ?? 0), Number(sync.serviceAckedOffset ?? 0))
  const messages = Number(sync.messages)
  if (acked >= messages) return 'taken'
  const checkpoint = Number(sync.lastCheckpoint ?? 0)
  if (checkpoint > 0 && acked >= checkpoint) return 'taken'
  if ((await storeAnswer(redis.exists(redis.keyspace.job(jobId, 'dataKey')))) === 0) {
    // Of a job of an earlier version nobody knows what was in its log.
    return sync.lastCheckpoint !== undefined && checkpoint === 0 ? 'taken' : 'gone'
  }
  return checkpoint > 0 || (await hasCheckpoints(redis, jobId)) ? 'waiting' : 'taken'
}

/** Whether a log has any, for a job whose worker did not say where. */
async function hasCheckpoints(redis: StoreClient, jobId: number): Promise<boolean> {
  const names = await storeAnswer(redis.hkeys(redis.keyspace.job(jobId, 'states')))
  return names.some((name) => !name.startsWith(givenPrefix))
}

async function readEnd(redis: StoreClient, jobId: number | undefined): Promise<Static<typeof Fields> | undefined> {
  if (jobId === undefined) return undefined
  const fields = await readFields(redis, redis.keyspace.job(jobId, 'record'), Object.keys(Fields.properties))
  return fields.status === undefined ? undefined : readStored(Fields, fields, `the record of job ${jobId}`)
}
