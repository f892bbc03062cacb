import { errorLine, streamStatusLine } from '../../airbyte/messages.ts'
import { CodedError, type JobFailure, toJobFailure } from '../../errors.ts'
import type { StreamProgress } from '../contract/commit.ts'

/** How a sync ends, as far as the sync itself says. */
export interface SyncEnding<Status extends string = 'succeeded' | 'failed'> {
  status: Status
  failure?: JobFailure
}

/** The text of the last log entry of a job, and the streams as they are then. */
interface Closing<Status extends string> {
  lines: string[]
  streams: StreamProgress[]
  ending: SyncEnding<Status>
}

/**
 * The closing entry. It says INCOMPLETE for every stream that started and has no final status. Then, if the job did not
 * succeed and no TRACE ERROR is in the log yet, it says why. So each stream ends once, whatever died before. A sync
 * that claims success still fails if a stream is not COMPLETE. This is decided here, for worker and command line alike.
 *
 * @param emittedAt ms since the epoch
 */
export function closeStreams<Status extends string>(
  streams: StreamProgress[],
  said: SyncEnding<Status>,
  errorTraced: boolean,
  emittedAt: number,
): Closing<Status | 'failed'> {
  const ending = said.status === 'succeeded' ? (failedAfterAll(streams) ?? said) : said
  const unfinished = streams.filter((stream) => !isFinal(stream))
  const lines = unfinished.map((stream) => streamStatusLine(stream.streamName, 'INCOMPLETE', emittedAt))
  if (ending.failure && !errorTraced) lines.push(errorLine(ending.failure, emittedAt))
  return {
    lines,
    streams: streams.map((stream) => (isFinal(stream) ? stream : { ...stream, status: 'INCOMPLETE' })),
    ending,
  }
}

function failedAfterAll(streams: StreamProgress[]): SyncEnding<'failed'> | undefined {
  if (streams.every((stream) => stream.status === 'COMPLETE')) return undefined
  return { status: 'failed', failure: toJobFailure(new CodedError('streams_incomplete')) }
}

function isFinal(stream: StreamProgress): boolean {
  return stream.status === 'COMPLETE' || stream.status === 'INCOMPLETE'
}
