import Type from 'typebox'
import type { CodedError } from '../../errors.ts'
import { NumberText, readStored, StoredDataError } from '../../stored/stored-data.ts'
import { storeAnswer } from '../availability.ts'
import { jobFromRecord } from '../job-record.ts'
import type { StoreClient } from '../keys.ts'
import { readLastSync } from '../schedules/last-sync.ts'
import { scheduleFromRecord } from '../schedules/schedule-record.ts'
import type { ConnectionName } from '../schedules/scheduled-connections.ts'
import { type EncryptionKey, SealBrokenError } from '../secrets/sealing.ts'
import { openWebhooks } from '../webhooks/webhook-seal.ts'
import { accessFromText } from './access.ts'
import { checkFromText } from './connection-check.ts'
import { openSettings } from './connection-seal.ts'
import type { Connection, ConnectionRuns } from './connection-store.ts'

/**
 * A connection's record in Redis, a hash. It also keeps: `generation`, `latestJob`, which has the connection as long as
 * it runs, and `acknowledgedBy`, the latest job whose messages were acknowledged, what `schedule-record.ts` reads, `check`
 * (see `connection-check.ts`), `access` (see `access.ts`), `declared`, and `workspace`, Intercom's id of the workspace that its data is of; further
 * `webhookEvents` (which its webhooks want), `webhooksSince`, `toldFailing` (that it is failing has been told) and
 * `lastDelivery` (the number of its latest). `v` would be a version; see `stored-data.ts`.
 */
const ConnectionRecord = Type.Object({
  /** Sealed. */
  settings: Type.String(),
  /** Sealed. */
  webhooks: Type.Optional(Type.String()),
  createdAt: NumberText,
  lastUpdatedAt: NumberText,
})

/** Everything needed to read connections. */
export interface ConnectionReadDependencies {
  redis: StoreClient
  keys: readonly EncryptionKey[]
}

/** A connection, with a problem instead of its settings if they cannot be read; undefined when it does not exist. */
export async function findConnection(
  { redis, keys }: ConnectionReadDependencies,
  tenant: string,
  connectionId: string,
): Promise<Connection | undefined> {
  return (await findStored({ redis, keys }, tenant, connectionId))?.connection
}

/** A connection, and the texts that tell whether it has been changed. */
export interface StoredConnection {
  connection: Connection
  /** Its settings, sealed. */
  sealed: string
  /** The rest of what people say about it. */
  said: Readonly<Record<string, string>>
}

/** The same with what a change of it must find unchanged. */
export async function findStored(
  { redis, keys }: ConnectionReadDependencies,
  tenant: string,
  connectionId: string,
): Promise<StoredConnection | undefined> {
  const fields = await storeAnswer(redis.hgetall(redis.keyspace.connection(tenant, connectionId, 'record')))
  const { settings: sealed } = fields
  if (sealed === undefined) return undefined
  return { connection: await readConnection({ redis, keys }, { tenant, connectionId }, fields), sealed, said: fields }
}

async function readConnection(
  { redis, keys }: ConnectionReadDependencies,
  { tenant, connectionId }: ConnectionName,
  fields: Record<string, string>,
): Promise<Connection> {
  const { workspace: workspaceId } = fields
  const times = { connectionId, createdAt: timeOf(fields.createdAt), lastUpdatedAt: timeOf(fields.lastUpdatedAt) }
  const isDeclared = fields.declared !== undefined
  const check = checkFromText(fields.check, fields.settings ?? '')
  const access = accessFromText(fields.access, fields.settings ?? '')
  const about = {
    ...times,
    isDeclared,
    ...(check && { check }),
    ...(access && { access }),
    ...(workspaceId !== undefined && { workspaceId }),
  }
  try {
    const { settings, webhooks } = readStored(ConnectionRecord, fields, `connection ${connectionId}`)
    const runs = await readRuns(redis, { tenant, connectionId }, fields)
    return {
      ...about,
      runs,
      settings: openSettings(keys, { tenant, connectionId }, settings),
      webhooks: webhooks === undefined ? [] : openWebhooks(keys, { tenant, connectionId }, webhooks),
    }
  } catch (error) {
    return { ...about, problem: problemOf(error) }
  }
}

async function readRuns(
  redis: StoreClient,
  { tenant, connectionId }: ConnectionName,
  fields: Record<string, string>,
): Promise<ConnectionRuns> {
  const record = scheduleFromRecord(connectionId, fields)
  const [lastJob, lastSync = 'taken'] = await Promise.all([
    unlessDamaged(async () => {
      const { latestJob = 0 } = record
      const job = jobFromRecord(latestJob, await storeAnswer(redis.hgetall(redis.keyspace.job(latestJob, 'record'))))
      return job?.tenant === tenant && job.connectionId === connectionId ? job : undefined
    }),
    unlessDamaged(() => readLastSync(redis, record)),
  ])
  return { record, lastSync, ...(lastJob && { lastJob }) }
}

/** A damaged record of a job must not hide its connection; reading that job shows what is wrong. */
async function unlessDamaged<Value>(read: () => Promise<Value>): Promise<Value | undefined> {
  try {
    return await read()
  } catch (error) {
    if (error instanceof StoredDataError) return undefined
    throw error
  }
}

/** A connection that cannot be read must not hide the others. It must also be possible to replace or remove it. */
function problemOf(error: unknown): CodedError {
  if (error instanceof SealBrokenError || error instanceof StoredDataError) return error
  throw error
}

/** 1970 for a time that cannot be read; the problem says so. */
function timeOf(text: string | undefined): number {
  return Number(text) || 0
}
