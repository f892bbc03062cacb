import { createHmac, randomUUID } from 'node:crypto'
import type { ConfiguredCatalog } from '../../airbyte/catalog.ts'
import { fieldsOfKinds } from '../schedules/schedule-record.ts'
import type { ConnectionName } from '../schedules/scheduled-connections.ts'
import { runScript } from '../script.ts'
import { createJobSeals } from '../secrets/job-seals.ts'
import { aboutText } from '../webhooks/events.ts'
import { createScript } from './create.lua.ts'
import type { StartDependencies } from './dependencies.ts'
import type { DueTime, NewJob } from './job-store.ts'

/** How long a key for repeats is remembered. */
export const repeatsKnownMs = 24 * 3_600_000

interface Written {
  /**
   * `BUSY`: another job has the connection. `JOINED`: a job with the same request has it, and the caller accepts that
   * job. `REUSED`: the key for repeats belongs to another body. `CHANGED`: the connection is gone or its state has
   * another generation. `TAKEN`: the due time has been seen to.
   */
  outcome: 'TAKEN' | 'CREATED' | 'EXISTS' | 'BUSY' | 'JOINED' | 'CHANGED' | 'REPEATED' | 'REUSED'
  /** `BUSY`, `JOINED`: the job that holds the connection now. `REPEATED`: the first request's job. Otherwise NaN. */
  otherJob: number
}

/** Writes a new job under its assigned id, all of it or nothing. */
export async function writeNewJob(
  { redis, keys, clock, readerLeaseMs }: StartDependencies,
  jobId: number,
  { tenant, request, graceMs, connection, repeat, joinActive, jobType, due }: NewJob,
): Promise<Written> {
  const seals = createJobSeals(keys, { tenant, jobId })
  const now = clock.now()
  const [outcome, otherJob] = await runScript(redis, createScript, {
    keys: {
      recordKey: redis.keyspace.job(jobId, 'record'),
      dataKeyKey: redis.keyspace.job(jobId, 'dataKey'),
      requestKey: redis.keyspace.job(jobId, 'request'),
      statesKey: redis.keyspace.job(jobId, 'states'),
      jobIndexKey: redis.keyspace.jobIndex(tenant),
      connectionKey: connection && redis.keyspace.connection(tenant, connection.connectionId, 'record'),
      repeatKey: repeat && redis.keyspace.repeat(tenant, repeat.keyDigest),
      eventsKey: due && redis.keyspace.events,
    },
    args: {
      channel: redis.keyspace.changedChannel(jobId),
      now,
      tenant,
      jobId,
      token: tokenDigest(keys, request),
      epoch: randomUUID(),
      wrappedDataKey: seals.wrappedDataKey,
      request: seals.sealRequest(request),
      fullRefreshStreams: JSON.stringify(fullRefreshStreams(request.catalog)),
      graceMs,
      leaseMs: readerLeaseMs,
      ...redis.keyspace.recordAround,
      connectionId: connection?.connectionId,
      generation: connection?.generation,
      askedDigest: connection?.bodyDigest,
      jobType: jobType ?? 'sync',
      dueAt: due?.dueAt,
      dueField: due && fieldsOfKinds[due.kind].lastDue,
      expectedDue: due?.after,
      missed: due?.missed,
      aboutMissed: due && connection && aboutMissed(due, { tenant, ...connection }, now),
      aboutUntaken: due?.isUntaken && connection ? aboutUntaken({ tenant, ...connection }, jobId, now) : undefined,
      joinActive,
      bodyDigest: repeat?.bodyDigest,
      repeatsKnownMs,
    },
    entries: Object.entries(request.states).map(([streamName, state]) => ({
      streamName,
      streamState: JSON.stringify(state),
    })),
  })
  return { outcome, otherJob: Number(otherJob) }
}

/**
 * Names the access token in the queue. Keyed, and so another one after the keys have changed: then the token's older jobs
 * take their turns beside its newer ones for a while.
 */
function tokenDigest([primary]: StartDependencies['keys'], { config }: NewJob['request']): string {
  if (!primary) throw new Error('there is no key')
  return createHmac('sha256', primary.key).update(`queue\0${config.access_token}`).digest('base64url').slice(0, 22)
}

function aboutMissed({ kind, missed, dueAt }: DueTime, { tenant, connectionId }: ConnectionName, now: number): string {
  const skipped = { kind, reason: 'missed', count: missed, dueAt }
  return aboutText({ tenant, connectionId, at: now, skipped })
}

/** The job begins where its connection's messages were acknowledged last. */
function aboutUntaken({ tenant, connectionId }: ConnectionName, jobId: number, now: number): string {
  return aboutText({ tenant, connectionId, at: now, jobId, jobCreatedAt: now })
}

function fullRefreshStreams({ streams }: ConfiguredCatalog): string[] {
  return streams.filter(({ sync_mode }) => sync_mode === 'full_refresh').map(({ stream }) => stream.name)
}
