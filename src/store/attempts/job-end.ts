import { randomUUID } from 'node:crypto'
import type { Clock } from '../../clock.ts'
import type { ErrorCode } from '../../error-table.ts'
import { CodedError, toJobFailure } from '../../errors.ts'
import { parseJson } from '../../json-object.ts'
import { StoredDataError } from '../../stored/stored-data.ts'
import type { StreamProgress } from '../../sync/contract/commit.ts'
import { closeStreams, type SyncEnding } from '../../sync/output/closing-lines.ts'
import { storeAnswer } from '../availability.ts'
import type { FinalStatus } from '../job.ts'
import { type CancelReason, parseStreams } from '../job-record.ts'
import type { StoreClient } from '../keys.ts'
import type { Retention } from '../log/retention.ts'
import { runScript } from '../script.ts'
import { openJobSeals } from '../secrets/job-seals.ts'
import { type EncryptionKey, SealBrokenError } from '../secrets/sealing.ts'
import { aboutText } from '../webhooks/events.ts'
import { endScript } from './end.lua.ts'
import { forgetJob } from './live-jobs.ts'

/** How a job is to end. Even if success is claimed, the job fails if a stream is not COMPLETE. */
export type JobEnding = SyncEnding<FinalStatus>

/** The queue's lock on a job, and its content while an attempt has it. */
export interface QueueLock {
  key: string
  token: string
}

/** The attempt that ends its job, and what it knows about the log. */
export interface EndingAttempt {
  attemptId: string
  lock?: QueueLock | undefined
  /** What it has written, which is everything that the log may hold; absent when it gives up and does not know. */
  written?: { offset: number; commitId: string }
}

export interface JobEndDependencies {
  redis: StoreClient
  keys: readonly EncryptionKey[]
  clock: Clock
  retention: Retention
  /** Notified of the end of each job that this process has ended. */
  onJobEnded?: EndObserver
}

/** A job that has ended, and what it came to. */
export interface JobEnd {
  jobId: number
  tenant: string
  connectionId?: string
  status: JobEnding['status']
  /** Why it did not succeed. */
  code?: ErrorCode
  rows: number
  attempts: number
  /** Ms from the beginning of its first attempt; 0 without one. */
  durationMs: number
  /** Requests to Intercom, as far as they were counted. */
  requests: number
  /** Ms that requests waited for Intercom's rate limit. */
  waitedMs: number
  /** Streams that it has left out, because the token may not read them. */
  skippedStreams: string[]
}

export type EndObserver = (end: JobEnd) => void

/** What a job came to: the members of its record that only its end shows. */
const endFields = ['connectionId', 'rows', 'attempts', 'startTime', 'requests', 'waitedMs', 'skippedStreams'] as const

/** What else is read of it for its end. */
const otherFields = ['tenant', 'messages', 'streams', 'errorTraced', 'createdAt'] as const

/**
 * Ends a job. The first caller writes the end: worker, API or reconciler.
 *
 * @param fence the latest attempt that the caller knows; a newer one keeps the job
 * @param by absent for callers that are not an attempt
 */
export async function endJob(
  dependencies: JobEndDependencies,
  jobId: number,
  fence: number,
  ending: JobEnding,
  by?: EndingAttempt,
): Promise<EndOutcome> {
  // The same attempt may commit between reading and ending, but each such round means progress elsewhere.
  for (;;) {
    const outcome = await tryToEnd(dependencies, jobId, fence, ending, by)
    if (outcome === 'CHANGED') continue
    if (outcome === 'DONE' || outcome === 'ENDED') {
      await forgetJob(dependencies.redis, jobId)
    }
    return outcome
  }
}

/**
 * `ENDED`: it had ended already. `FENCED`: a newer attempt has it. `REWOUND`: StoreClient holds less than the caller has
 * written, or something else.
 */
export type EndOutcome = 'DONE' | 'ENDED' | 'FENCED' | 'REWOUND'

async function tryToEnd(
  { redis, keys, clock, retention, onJobEnded }: JobEndDependencies,
  jobId: number,
  fence: number,
  ending: JobEnding,
  by: EndingAttempt | undefined,
): Promise<EndOutcome | 'CHANGED'> {
  const [record, wrappedDataKey] = await storeAnswer(
    Promise.all([
      redis.hmget(redis.keyspace.job(jobId, 'record'), ...otherFields, ...endFields),
      redis.get(redis.keyspace.job(jobId, 'dataKey')),
    ]),
  )
  const [tenant, messages, streamsText, errorTraced, createdAt, ...figures] = record
  if (!tenant || !messages) return 'ENDED'
  const written = by?.written
  if (written && Number(messages) !== written.offset) return 'REWOUND'

  const now = clock.now()
  const streams = readableStreams(jobId, streamsText)
  const closing = closeStreams(streams, ending, errorTraced === '1', now)
  const { status, failure } = closing.ending
  const entry = await sealClosing(keys, wrappedDataKey, { tenant, jobId }, Number(messages), closing.lines)
  const [connectionId] = figures
  const connectionKey = (key: 'record' | 'states' | 'jobs') =>
    connectionId ? redis.keyspace.connection(tenant, connectionId, key) : undefined
  const outcome = await runScript(redis, endScript, {
    keys: {
      recordKey: redis.keyspace.job(jobId, 'record'),
      logKey: redis.keyspace.job(jobId, 'log'),
      positionKey: redis.keyspace.job(jobId, 'position'),
      growthKey: redis.keyspace.job(jobId, 'growth'),
      notedKey: redis.keyspace.job(jobId, 'noted'),
      requestKey: redis.keyspace.job(jobId, 'request'),
      dataKeyKey: redis.keyspace.job(jobId, 'dataKey'),
      statesKey: redis.keyspace.job(jobId, 'states'),
      readersKey: redis.keyspace.job(jobId, 'readers'),
      segmentsKey: redis.keyspace.job(jobId, 'segments'),
      fingerprintsKey: redis.keyspace.job(jobId, 'fingerprints'),
      lockKey: by?.lock?.key,
      connectionKey: connectionKey('record'),
      connectionStatesKey: connectionKey('states'),
      connectionJobsKey: connectionKey('jobs'),
      eventsKey: connectionId ? redis.keyspace.events : undefined,
    },
    args: {
      jobId,
      ...redis.keyspace.recordAround,
      channel: redis.keyspace.changedChannel(jobId),
      now,
      fence,
      expectedOffset: messages,
      expectedStreams: streamsText ?? '',
      expectedErrorTraced: errorTraced ?? '',
      finalStatus: status,
      failure: failure && JSON.stringify(failure),
      messageCount: entry.count,
      blob: entry.blob,
      bytes: entry.bytes,
      streams: JSON.stringify(closing.streams),
      logRetentionMs: retention.logMs,
      recordRetentionMs: retention.recordMs,
      newEpoch: written ? '' : randomUUID(),
      attemptId: by?.attemptId,
      expectedCommitId: written?.commitId,
      lockToken: by?.lock?.token,
      about: connectionId
        ? aboutText({ tenant, connectionId, at: now, jobId, jobCreatedAt: Number(createdAt) || 0 })
        : undefined,
    },
  })
  if (outcome === 'DONE')
    onJobEnded?.({ jobId, tenant, status, ...(failure && { code: failure.code }), ...figuresOf(figures, now) })
  return outcome
}

/** The figures of a job that ends now. A damaged one counts as 0. */
function figuresOf(
  [connectionId, rows, attempts, startTime, requests, waitedMs, skippedStreams]: (string | null)[],
  now: number,
): Omit<JobEnd, 'jobId' | 'tenant' | 'status' | 'code'> {
  return {
    ...(connectionId && { connectionId }),
    rows: Number(rows) || 0,
    attempts: Number(attempts) || 0,
    durationMs: Math.max(0, now - (Number(startTime) || now)),
    requests: Number(requests) || 0,
    waitedMs: Number(waitedMs) || 0,
    skippedStreams: namesIn(skippedStreams),
  }
}

function namesIn(text: string | null | undefined): string[] {
  const names = text ? parseJson(text) : []
  return Array.isArray(names) ? names.map(String) : []
}

/** Empty if they cannot be read, because a job must end even then. A caller that claims success has written them. */
function readableStreams(jobId: number, text: string | null | undefined): StreamProgress[] {
  try {
    return parseStreams(jobId, text ?? undefined)
  } catch (error) {
    if (error instanceof StoredDataError) return []
    throw error
  }
}

interface ClosingEntry {
  count: number
  blob: Buffer | ''
  bytes: number
}

const noEntry: ClosingEntry = { count: 0, blob: '', bytes: 0 }

/** The closing entry; undefined if nobody can open the job's log, because a lost key must not keep a job alive. */
async function sealClosing(
  keys: readonly EncryptionKey[],
  wrappedDataKey: string | null,
  owner: { tenant: string; jobId: number },
  offset: number,
  lines: string[],
): Promise<ClosingEntry> {
  if (lines.length === 0 || !wrappedDataKey) return noEntry
  const text = Buffer.from(lines.join(''))
  try {
    const seals = openJobSeals(keys, wrappedDataKey, owner)
    return { count: lines.length, blob: await seals.sealLines(text, offset + lines.length), bytes: text.length }
  } catch (error) {
    if (error instanceof SealBrokenError) return noEntry
    throw error
  }
}

/** How a job ends after a request for its end. */
export function cancelledEnding(reason: CancelReason): JobEnding {
  const message =
    reason === 'abandoned'
      ? 'The job was cancelled: the client that read it hung up and did not come back in time.'
      : 'The job was cancelled.'
  return { status: 'cancelled', failure: toJobFailure(new CodedError('job_cancelled', message)) }
}
