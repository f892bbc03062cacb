import { errorLine, streamStatusLine } from '../../airbyte/messages.ts'
import { CodedError, type JobFailure, toJobFailure } from '../../errors.ts'
import type { StreamProgress } from '../contract/commit.ts'

/** What the last entry of a job's log says, and the streams as they then are. */
export interface Closing {
  lines: string[]
  streams: StreamProgress[]
  /** Why the job has failed; undefined when it succeeded. */
  failure: JobFailure | undefined
}

/**
 * The closing entry: INCOMPLETE for every stream that started and has no final status, then, when the job did not succeed
 * and no TRACE ERROR is in the log yet, one that says why. So each stream ends once, whatever died before. This is the one
 * place that knows that a sync without a failure has failed all the same while a stream is not COMPLETE.
 *
 * @param said why the sync has failed, as far as it says so itself
 * @param emittedAt ms since the epoch
 */
export function closeStreams(
  streams: StreamProgress[],
  said: JobFailure | undefined,
  errorTraced: boolean,
  emittedAt: number,
): Closing {
  const failure = said ?? failureOf(streams)
  const unfinished = streams.filter((stream) => !isFinal(stream))
  const lines = unfinished.map((stream) => streamStatusLine(stream.streamName, 'INCOMPLETE', emittedAt))
  if (failure && !errorTraced) lines.push(errorLine(failure, emittedAt))
  return {
    lines,
    streams: streams.map((stream) => (isFinal(stream) ? stream : { ...stream, status: 'INCOMPLETE' })),
    failure,
  }
}

function failureOf(streams: StreamProgress[]): JobFailure | undefined {
  if (streams.every((stream) => stream.status === 'COMPLETE')) return undefined
  return toJobFailure(new CodedError('streams_incomplete'))
}

function isFinal(stream: StreamProgress): boolean {
  return stream.status === 'COMPLETE' || stream.status === 'INCOMPLETE'
}
