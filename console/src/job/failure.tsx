import { hasEnded, type Job } from '../api/types.ts'
import { Fix, Notice } from '../elements/notice.tsx'
import { whoseFault } from '../words/failures.ts'
import { formatCount, formatNoun } from '../words/figures.ts'

/** Why the sync failed, in words, what to do, and what became of the rest. */
export function Failure({ job }: { job: Job }) {
  const { failure, status } = job
  if (!failure || status === 'cancelled') return null
  const { message, code, streamName, failureType } = failure
  return (
    <Notice tone="problem" title={streamName === undefined ? 'The sync failed' : `The sync failed at ${streamName}`}>
      <p class="failure-message">{message}</p>
      <p>{whoseFault[failureType]}</p>
      <Fix code={code} />
      <Kept job={job} />
    </Notice>
  )
}

/** What becomes of the rows of a sync that did not come to its end. */
export function Kept({ job: { rowsSynced, streams, connectionId } }: { job: Job }) {
  if (rowsSynced === 0) return null
  const cut = streams.filter(({ status }) => status !== 'COMPLETE').length
  return (
    <p>
      {cut} of {formatNoun(streams.length, 'stream')} did not come to an end. The {formatNoun(rowsSynced, 'row')} that
      came stay in the log of this sync.
      {connectionId !== undefined &&
        ' The next sync goes on behind what has been acknowledged, and brings the rest again.'}
    </p>
  )
}

/** Why the latest attempt failed, while another one follows or has come no further yet. */
export function LastFailure({ job: { status, attempts, lastFailure } }: { job: Job }) {
  if (!lastFailure || hasEnded(status)) return null
  const { message, code, streamName } = lastFailure
  const failed = status === 'incomplete' ? attempts : attempts - 1
  return (
    <Notice tone="attention" title={`Attempt ${formatCount(Math.max(1, failed))} failed: the sync tries again`}>
      <p class="failure-message">
        {streamName !== undefined && <b>{streamName}: </b>}
        {message}
      </p>
      <Fix code={code} />
    </Notice>
  )
}
