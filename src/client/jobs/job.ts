import { strangerError } from '../../connector/bridge/service/service-failures.ts'
import { isObject } from '../../json-object.ts'

/** A job as a service tells it. Members that services of other versions may lack are optional. */
export interface RemoteJob {
  jobId: number
  status: string
  logEpoch: string
  connectionId?: string
  createdAt: string
  /** Seconds from its start to its end, or to when it was told. */
  seconds: number
  rowsSynced: number
  bytesSynced: number
  messageCount: number
  attempts: number
  isBeingCancelled: boolean
  /** What it waits for; a word of the API. */
  waitingFor?: string
  /** Ms since the epoch. */
  waitingUntil?: number
  streams: JobStream[]
  /** Streams that the job leaves out. */
  skippedStreams: string[]
  /** Why it did not succeed. */
  failure?: string
}

export interface JobStream {
  name: string
  /** A word of Airbyte's. */
  status: string
  rowsSynced: number
  rowsEstimate?: number
  /** Records per second. */
  rate?: number
  /** When it is expected to end, ms since the epoch. */
  eta?: number
  /** Parents of which Intercom gives the newest children only. @defaultValue 0 */
  capped: number
  /** Parents that were deleted between being found and being read. @defaultValue 0 */
  deletedMeanwhile: number
}

/** @throws CodedError when it is something else than a job */
export function readRemoteJob(value: unknown): RemoteJob {
  if (!isObject(value) || typeof value.jobId !== 'number' || typeof value.logEpoch !== 'string')
    throw strangerError('it does not answer with a job')
  const { jobId, logEpoch, connectionId, waitingFor, failure } = value
  const waitingUntil = timeIn(value.waitingUntil)
  return {
    jobId,
    status: String(value.status),
    logEpoch,
    ...(typeof connectionId === 'string' && { connectionId }),
    createdAt: String(value.createdAt),
    seconds: secondsIn(value.duration),
    rowsSynced: Number(value.rowsSynced ?? 0),
    bytesSynced: Number(value.bytesSynced ?? 0),
    messageCount: Number(value.messageCount ?? 0),
    attempts: Number(value.attempts ?? 0),
    isBeingCancelled: value.cancelRequested === true,
    ...(typeof waitingFor === 'string' && { waitingFor }),
    ...(waitingUntil !== undefined && { waitingUntil }),
    streams: listIn(value.streams).flatMap(readStream),
    skippedStreams: listIn(value.skippedStreams).map((skipped) => {
      return String(isObject(skipped) ? skipped.streamName : skipped)
    }),
    ...(isObject(failure) && { failure: String(failure.message) }),
  }
}

/** Whether nothing about the job changes any more. */
export function hasRemoteJobEnded({ status }: RemoteJob): boolean {
  return status === 'succeeded' || status === 'failed' || status === 'cancelled'
}

/** The path to read and change a job. The epoch in it excludes another job that has been given its id. */
export function pathOfJob(jobId: number, epoch: string | undefined, call = ''): string {
  return `/v1/jobs/${jobId}${call}${epoch === undefined ? '' : `?epoch=${encodeURIComponent(epoch)}`}`
}

function readStream(value: unknown): JobStream[] {
  if (!isObject(value)) return []
  const { rowsEstimate, rate } = value
  const eta = timeIn(value.eta)
  const { capped, deletedMeanwhile } = isObject(value.completeness) ? value.completeness : {}
  const stream = {
    name: String(value.streamName),
    status: String(value.status),
    rowsSynced: Number(value.rowsSynced ?? 0),
    ...(typeof rowsEstimate === 'number' && { rowsEstimate }),
    ...(typeof rate === 'number' && { rate }),
    ...(eta !== undefined && { eta }),
    capped: Number(capped ?? 0),
    deletedMeanwhile: Number(deletedMeanwhile ?? 0),
  }
  return [stream]
}

function listIn(value: unknown): unknown[] {
  return Array.isArray(value) ? value : []
}

function timeIn(value: unknown): number | undefined {
  const time = typeof value === 'string' ? Date.parse(value) : Number.NaN
  return Number.isNaN(time) ? undefined : time
}

/** Seconds of an ISO 8601 duration whose largest unit is the hour: `PT1H2M3.5S`. */
function secondsIn(duration: unknown): number {
  const [, hours = 0, minutes = 0, seconds = 0] =
    /^PT(?:(\d+)H)?(?:(\d+)M)?(?:([\d.]+)S)?$/.exec(String(duration)) ?? []
  return Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)
}
