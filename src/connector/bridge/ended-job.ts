import { isObject } from '../../json-object.ts'
import { strangerError } from './service/service-failures.ts'

/** The members of a job by which its end is judged. */
export interface EndedJob {
  status: 'succeeded' | 'failed' | 'cancelled'
  messageCount: number
  /** Why it did not succeed, in words. */
  failureMessage?: string
  /** Streams that the service has left out because the token may not read them. */
  skippedStreams: string[]
}

/** Whether a job was asked to end and has not ended yet. */
export function isEnding(job: unknown): boolean {
  return isObject(job) && job.cancelRequested === true
}

/** @returns undefined for a job that has not ended. @throws CodedError for anything that is not a job */
export function readEnded(job: unknown): EndedJob | undefined {
  if (!isObject(job) || typeof job.messageCount !== 'number') throw strangerError('it does not answer with a job')
  const { status, messageCount, failure, skippedStreams: skipped } = job
  if (status !== 'succeeded' && status !== 'failed' && status !== 'cancelled') return undefined
  const failureMessage = isObject(failure) && typeof failure.message === 'string' ? failure.message : undefined
  const skippedStreams = Array.isArray(skipped) ? skipped.map(String) : []
  return { status, messageCount, skippedStreams, ...(failureMessage !== undefined && { failureMessage }) }
}
