import { errorLine, streamStatusLine } from '../../airbyte/messages.ts'
import { CodedError, type JobFailure, toJobFailure } from '../../errors.ts'
import type { StreamProgress } from '../contract/commit.ts'

/** What the last entry of a job's log says, and the streams as they then are. */
export interface Closing {
  lines: string[]
  streams: StreamProgress[]
}

/**
 * The closing entry: INCOMPLETE for every stream that started and has no final status, then, when the job did not succeed
 * and no TRACE ERROR is in the log yet, one that says why. So each stream ends once, whatever died before.
 *
 * @param emittedAt ms since the epoch
 */
export function closeStreams(
  streams: StreamProgress[],
  failure: JobFailure | undefined,
  errorTraced: boolean,
  emittedAt: number,
): Closing {
  const unfinished = streams.filter((stream) => !isFinal(stream))
  const lines = unfinished.map((stream) => streamStatusLine(stream.streamName, 'INCOMPLETE', emittedAt))
  if (failure && !errorTraced) lines.push(errorLine(failure, emittedAt))
  return {
    lines,
    streams: streams.map((stream) => (isFinal(stream) ? stream : { ...stream, status: 'INCOMPLETE' })),
  }
}

/** Why a sync that was read to its end has failed after all: undefined when every stream is COMPLETE. */
export function failureOf(streams: StreamProgress[]): JobFailure | undefined {
  if (streams.every((stream) => stream.status === 'COMPLETE')) return undefined
  return toJobFailure(new CodedError('streams_incomplete'))
}

function isFinal(stream: StreamProgress): boolean {
  return stream.status === 'COMPLETE' || stream.status === 'INCOMPLETE'
}
