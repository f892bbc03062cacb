import { CodedError, type JobFailure, toJobFailure } from '../errors.ts'
import type { RefusedError } from '../intercom/answers/failures.ts'
import { findStream } from '../streams/table.ts'
import { isUnknown, unknownStreamError } from '../streams/unknown-streams.ts'
import type { Missing, Walk } from './contract/walk.ts'
import type { Outbox } from './output/outbox.ts'
import { hasFinished, type StreamRun } from './output/stream-run.ts'
import { ofWorkspace } from './state/workspace.ts'

/** What ending a stream takes of an attempt. */
export interface StreamEnds {
  outbox: Outbox
  runs: Map<string, StreamRun>
  /** The workspace that a stream's state belongs to, as far as known. */
  workspaceOf: (streamName: string) => string | undefined
  /** Why a stream is INCOMPLETE. */
  failure: JobFailure | undefined
}

/**
 * Reports RUNNING even if no record came, then the final STATE, then COMPLETE: the order that Airbyte's tests ask for.
 */
export function complete(attempt: StreamEnds, run: StreamRun, walk: Walk): void {
  const { outbox } = attempt
  if (run.status === 'STARTED') outbox.status(run, 'RUNNING')
  outbox.state(run, stateOf(attempt, run, walk))
  const missing = walk.missing?.(run.name)
  if (missing === undefined) outbox.status(run, 'COMPLETE')
  else failForRecords(attempt, run, missing)
}

/** Names what Intercom could not give. The next sync tries it first. The job must not look complete. */
function failForRecords(attempt: StreamEnds, run: StreamRun, { words, retryIds }: Missing): void {
  if (retryIds.length > 0) run.completeness.retryIds = retryIds
  const message = `${run.name}: Intercom keeps failing over ${words}. The next sync tries them first.`
  endIncomplete(attempt, run, new CodedError('records_unreadable', message, { streamName: run.name }))
}

/** A missing permission or list ends one stream, and fails the job at its end. It never ends another stream. */
export function failForRefusal(attempt: StreamEnds, run: StreamRun, walk: Walk, error: RefusedError): void {
  if (run.sinceState > 0) attempt.outbox.state(run, stateOf(attempt, run, walk))
  endIncomplete(attempt, run, error.unauthorized ? scopeMissing(run.name, error) : unavailable(run.name, error))
}

function unavailable(streamName: string, { failure }: RefusedError): CodedError {
  const message =
    `${streamName}: the workspace does not have it (${failure.status}: ${failure.detail}). ` +
    'Leave it out of the catalog (in Airbyte: deselect it).'
  return new CodedError('stream_unavailable', message, { streamName })
}

function scopeMissing(streamName: string, error: RefusedError): CodedError {
  const message =
    `${streamName}: the access token lacks the permission "${findStream(streamName)?.scope}" ` +
    `(${error.failure.status}: ${error.failure.detail}). Add it to the app in Intercom's Developer Hub.`
  return new CodedError('scope_missing', message, { streamName })
}

/** Streams of another version end after all others: some callers read no further than the first error. */
export function endUnknown(attempt: StreamEnds): void {
  for (const run of attempt.runs.values())
    if (isUnknown(run.name) && !hasFinished(run)) endIncomplete(attempt, run, unknownStreamError(run.name))
}

/** Only the streams whose pages are spooled need the temporary folder. */
export function failForSpool(attempt: StreamEnds, run: StreamRun, walk: Walk, { code, message }: CodedError): void {
  if (run.sinceState > 0) attempt.outbox.state(run, stateOf(attempt, run, walk))
  endIncomplete(attempt, run, new CodedError(code, `${run.name}: ${message}`, { streamName: run.name }))
}

function endIncomplete(attempt: StreamEnds, run: StreamRun, error: CodedError): void {
  const failure = toJobFailure(error)
  attempt.failure ??= failure
  attempt.outbox.error(failure)
  attempt.outbox.status(run, 'INCOMPLETE')
}

export function stateOf(attempt: StreamEnds, run: StreamRun, walk: Walk): Record<string, unknown> {
  return ofWorkspace(walk.streamState(run.name), attempt.workspaceOf(run.name))
}
