import Type, { type Static } from 'typebox'
import { KeptFailureSchema, StreamProgressSchema } from '../stored/progress.ts'
import { NumberText, parseStored, readStored } from '../stored/stored-data.ts'
import type { StreamProgress } from '../sync/contract/commit.ts'
import { readActivity } from './activity.ts'
import { type Job, jobStatuses, jobTypes } from './job.ts'

/**
 * The record's hash in Redis, as far as a `Job` shows it. It also keeps: `fence` (number of the latest attempt),
 * `commitId` (of the latest commit), `idleAttempts` (since the job last made progress), `deaths` (of workers since then;
 * missing in records of older versions), `runId` (the Redis process that took the latest commit, or, before
 * any, the job), what the job has in Redis (`blobBytes` of its log, `givenBytes`, `statesBytes`, `positionBytes`,
 * `growthBytes`, `notedBytes`), `notedTo` (up to which message commits have left the fingerprints of their records),
 * `errorTraced`, `readersUntil` (end of the last lease of a reader), `lastReaderAt` (when one last came), `leaseMs`,
 * `bodyDigest` (of the request and the settings, if the job belongs to a connection),
 * `requests` (sent to Intercom), `waitedMs` (for its rate limit), `token` (digest of the access token, for its turns),
 * `lastCheckpoint` (offset of the log's last STATE), `serviceAckedOffset` (what the service has acknowledged by itself),
 * `kept` (it is one of its connection's latest, and so does not expire), `told` (its end has left its event), `resting` (the attempt that has given its slot back), `idleRests` (rests in a row without progress). `v` would be a version; see `stored-data.ts`.
 */
const JobRecord = Type.Object({
  tenant: Type.Optional(Type.String()),
  connectionId: Type.Optional(Type.String()),
  status: Type.Enum([...jobStatuses]),
  createdAt: NumberText,
  startTime: Type.Optional(NumberText),
  lastUpdatedAt: NumberText,
  endTime: Type.Optional(NumberText),
  rows: NumberText,
  bytes: NumberText,
  messages: NumberText,
  epoch: Type.Optional(Type.String()),
  attempts: NumberText,
  /** JSON. */
  streams: Type.Optional(Type.String()),
  /** JSON. */
  failure: Type.Optional(Type.String()),
  /** JSON; why the latest attempt failed. A commit with progress takes it away. */
  lastFailure: Type.Optional(Type.String()),
  cancelReason: Type.Optional(Type.String()),
  /** JSON. */
  fullRefresh: Type.Optional(Type.String()),
  graceMs: Type.Optional(NumberText),
  attemptId: Type.Optional(Type.String()),
  /** JSON, see `activity.ts`. */
  activity: Type.Optional(Type.String()),
  /** When the next attempt begins, after one has failed. */
  retryAt: Type.Optional(NumberText),
  jobType: Type.Optional(Type.Enum([...jobTypes])),
  scheduledFor: Type.Optional(NumberText),
  /** JSON. */
  skippedStreams: Type.Optional(Type.String()),
})
const Streams = Type.Array(StreamProgressSchema)
const StreamNames = Type.Array(Type.String())

/** Why a job was asked to end: by a call, or because its readers stayed away. */
export type CancelReason = 'requested' | 'abandoned'

/** A reason that this version does not know is shown as a call. */
export function cancelReasonOf(text: string): CancelReason {
  return text === 'abandoned' ? text : 'requested'
}

/** The record of a job; undefined when it does not exist. @throws StoredDataError */
export function jobFromRecord(jobId: number, fields: Record<string, string>): Job | undefined {
  if (fields.status === undefined) return undefined
  const what = `the record of job ${jobId}`
  const record = readStored(JobRecord, fields, what)
  return {
    jobId,
    tenant: record.tenant ?? '',
    ...(record.connectionId !== undefined && { connectionId: record.connectionId }),
    jobType: record.jobType ?? 'sync',
    ...(record.scheduledFor !== undefined && { scheduledFor: Number(record.scheduledFor) }),
    status: record.status,
    createdAt: Number(record.createdAt),
    ...(record.startTime !== undefined && { startTime: Number(record.startTime) }),
    lastUpdatedAt: Number(record.lastUpdatedAt),
    ...(record.endTime !== undefined && { endTime: Number(record.endTime) }),
    rowsSynced: Number(record.rows),
    bytesSynced: Number(record.bytes),
    messageCount: Number(record.messages),
    logEpoch: record.epoch ?? '',
    attempts: Number(record.attempts),
    streams: parseStreams(jobId, record.streams),
    ...(record.failure !== undefined && {
      failure: parseStored(KeptFailureSchema, record.failure, `${what} (failure)`),
    }),
    ...(record.lastFailure !== undefined && {
      lastFailure: parseStored(KeptFailureSchema, record.lastFailure, `${what} (lastFailure)`),
    }),
    cancelRequested: record.cancelReason !== undefined,
    fullRefresh: parseStored(StreamNames, record.fullRefresh ?? '[]', `${what} (fullRefresh)`),
    ...(record.graceMs !== undefined && { graceMs: Number(record.graceMs) }),
    ...(record.skippedStreams !== undefined && {
      skippedStreams: parseStored(StreamNames, record.skippedStreams, `${what} (skippedStreams)`),
    }),
    ...doingOf(record),
  }
}

type Doing = Pick<Job, 'waitingFor' | 'waitingUntil' | 'rateLimit' | 'progress'>

/** What a job is doing, as far as it says so. */
function doingOf({ status, lastUpdatedAt, activity: text, attemptId, retryAt }: Static<typeof JobRecord>): Doing {
  // An earlier version leaves the time of a retry that is over.
  if (status === 'incomplete' && retryAt !== undefined && Number(retryAt) >= Number(lastUpdatedAt))
    return { waitingFor: 'retry', waitingUntil: Number(retryAt) }
  const activity = status === 'running' ? readActivity(text, attemptId) : undefined
  if (!activity) return {}
  const { at, rates, ...doing } = activity
  return { progress: { at, rates }, ...doing }
}

/** The streams of a job's record. @throws StoredDataError */
export function parseStreams(jobId: number, text = '[]'): StreamProgress[] {
  return parseStored(Streams, text, `the record of job ${jobId} (streams)`)
}
