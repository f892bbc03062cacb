import { storeAnswer } from '../availability.ts'
import { readFields } from '../hash-fields.ts'
import type { StoreClient } from '../keys.ts'
import { runScript } from '../script.ts'
import { aboutText } from '../webhooks/events.ts'
import { skipDueScript } from './due.lua.ts'
import {
  fieldsOfKinds,
  recordFields,
  type ScheduledKind,
  type ScheduleRecord,
  scheduleFromRecord,
} from './schedule-record.ts'

/** A connection, whoever's it is. */
export interface ConnectionName {
  tenant: string
  connectionId: string
}

/** What a connection is called in the set of those that have a schedule. Neither part has a colon. */
export function scheduledName({ tenant, connectionId }: ConnectionName): string {
  return `${tenant}:${connectionId}`
}

/** The connections that have a schedule. */
export async function listScheduled(redis: StoreClient): Promise<ConnectionName[]> {
  const members = await storeAnswer(redis.zrange(redis.keyspace.scheduledConnections, '0', '-1'))
  return members.map((member) => {
    const [tenant = '', connectionId = ''] = member.split(':')
    return { tenant, connectionId }
  })
}

/** The record of a connection; undefined when it does not exist. @throws StoredDataError */
export async function readScheduleRecord(
  redis: StoreClient,
  { tenant, connectionId }: ConnectionName,
): Promise<ScheduleRecord | undefined> {
  const key = redis.keyspace.connection(tenant, connectionId, 'record')
  const fields = await readFields(redis, key, ['createdAt', ...recordFields])
  return fields.createdAt === undefined ? undefined : scheduleFromRecord(connectionId, fields)
}

/** Due times that are over without a job. */
interface SkippedDue {
  kind: ScheduledKind
  /** The latest due time that was over before. */
  after: number
  /** The last of these. */
  dueAt: number
  /** How many count as skipped, and why. */
  count: number
  reason: string
  /** Ms since the epoch. */
  now: number
}

/** @returns false when another process has seen to them, or the connection is gone */
export async function skipDue(
  redis: StoreClient,
  { tenant, connectionId }: ConnectionName,
  { kind, after, dueAt, count, reason, now }: SkippedDue,
): Promise<boolean> {
  const outcome = await runScript(redis, skipDueScript, {
    keys: {
      recordKey: redis.keyspace.connection(tenant, connectionId, 'record'),
      eventsKey: redis.keyspace.events,
    },
    args: {
      dueField: fieldsOfKinds[kind].lastDue,
      expectedDue: after,
      dueAt,
      count,
      about: aboutText({ tenant, connectionId, at: now, skipped: { kind, reason, count, dueAt } }),
    },
  })
  return outcome === 'SKIPPED'
}
