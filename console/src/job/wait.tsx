import { hasEnded, type Job } from '../api/types.ts'
import { useNow } from '../elements/time.tsx'
import { waitWords } from '../words/statuses.ts'
import { formatClock, formatSpan, formatUtc } from '../words/times.ts'

/** Intercom counts requests in windows of ten seconds. */
const windowMs = 10_000

/** What the sync waits for, until when, and how much of that time is over. */
export function Wait({ job }: { job: Job }) {
  const { waitingFor, waitingUntil, status } = job
  const now = useNow(waitingFor === undefined ? 60_000 : 250)
  if (waitingFor === undefined || hasEnded(status)) return null
  const until = waitingUntil === undefined ? undefined : Date.parse(waitingUntil)
  const left = until === undefined ? undefined : Math.max(0, until - now)
  return (
    <section class="wait" aria-label="What the sync waits for">
      <p>
        Waiting for {waitWords(waitingFor)}.{' '}
        {until !== undefined && left !== undefined && (
          <span class="muted">
            Goes on at{' '}
            <time dateTime={new Date(until).toISOString()} title={formatUtc(until)}>
              {formatClock(until)}
            </time>
            {left > 0 && `, in ${formatSpan(left)}`}.
          </span>
        )}
      </p>
      {waitingFor === 'rate_limit' && left !== undefined && (
        <meter
          min={0}
          max={windowMs}
          value={windowMs - Math.min(windowMs, left)}
          aria-label="Of the ten seconds over"
        />
      )}
    </section>
  )
}
