import type { Job } from '../api/types.ts'
import { Fix, Notice } from '../elements/notice.tsx'

const whose: Record<NonNullable<Job['failure']>['failureType'], string> = {
  config_error: 'Somebody has to mend this: the next sync will fail in the same way.',
  transient_error: 'This may pass by itself: the next sync tries again, and goes on from here.',
  system_error: 'This is a fault of the service, not of the source.',
}

/** Why the job failed, in words, and what to do. */
export function Failure({ job: { failure, status } }: { job: Job }) {
  if (!failure || status === 'cancelled') return null
  const { message, code, streamName, failureType } = failure
  return (
    <Notice tone="problem" title={streamName === undefined ? 'The sync failed' : `The sync failed at ${streamName}`}>
      <p class="failure-message">{message}</p>
      <p>{whose[failureType]}</p>
      <Fix code={code} />
    </Notice>
  )
}
