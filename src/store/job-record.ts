import type { JobFailure } from '../errors.ts'
import type { StreamProgress } from '../sync/contract/commit.ts'
import type { Job, JobStatus } from './job.ts'

/**
 * The record's hash in Redis. Beside what a `Job` shows it keeps: `fence` (number of the latest attempt), `attemptId`,
 * `commitId` (of the latest commit), `idleAttempts` (since the job last came further), `deaths` (of workers since then; absent
 * in records of before), `lastFailure`, `blobBytes`, `runId` (the Redis process that took the latest commit, or, before any,
 * the job), `errorTraced`, `readersUntil` (end of the last lease of a reader), `lastReaderAt` (when one last came), `leaseMs`,
 * `cancelReason`, `bodyDigest` (of the request and the settings, where the job is of a connection).
 */
export type RecordFields = Record<string, string>

/** Why a job was asked to end: by a call, or because its readers stayed away. */
export type CancelReason = 'requested' | 'abandoned'

/** A record as a job. Fields that another version wrote and this one does not know are left alone. */
export function jobFromRecord(jobId: number, fields: RecordFields): Job {
  return {
    jobId,
    tenant: fields.tenant ?? '',
    ...(fields.connectionId !== undefined && { connectionId: fields.connectionId }),
    jobType: 'sync',
    status: fields.status as JobStatus,
    createdAt: Number(fields.createdAt),
    ...(fields.startTime !== undefined && { startTime: Number(fields.startTime) }),
    lastUpdatedAt: Number(fields.lastUpdatedAt),
    ...(fields.endTime !== undefined && { endTime: Number(fields.endTime) }),
    rowsSynced: Number(fields.rows),
    bytesSynced: Number(fields.bytes),
    messageCount: Number(fields.messages),
    logEpoch: fields.epoch ?? '',
    attempts: Number(fields.attempts),
    streams: parseStreams(fields.streams),
    ...(fields.failure !== undefined && { failure: JSON.parse(fields.failure) as JobFailure }),
    cancelRequested: fields.cancelReason !== undefined,
    fullRefresh: JSON.parse(fields.fullRefresh ?? '[]') as string[],
    ...(fields.graceMs !== undefined && { graceMs: Number(fields.graceMs) }),
  }
}

export function parseStreams(text: string | undefined): StreamProgress[] {
  return JSON.parse(text ?? '[]') as StreamProgress[]
}
