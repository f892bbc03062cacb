import { isObject } from '../../json-object.ts'
import { strangerError } from './service/service-failures.ts'

/** A job as its end is judged; other members of it are of no matter here. */
export interface EndedJob {
  status: 'succeeded' | 'failed' | 'cancelled'
  messageCount: number
  /** Why it did not succeed, in words. */
  failureMessage?: string
}

/** Whether the end of a job was asked for, and has still to come. */
export function isEnding(job: unknown): boolean {
  return isObject(job) && job.cancelRequested === true
}

/** @returns undefined for a job that has not ended. @throws CodedError for what is no job */
export function readEnded(job: unknown): EndedJob | undefined {
  if (!isObject(job) || typeof job.messageCount !== 'number') throw strangerError('it does not answer with a job')
  const { status, messageCount, failure } = job
  if (status !== 'succeeded' && status !== 'failed' && status !== 'cancelled') return undefined
  const failureMessage = isObject(failure) && typeof failure.message === 'string' ? failure.message : undefined
  return { status, messageCount, ...(failureMessage !== undefined && { failureMessage }) }
}
