import { hasEnded, type Job } from '../api/types.ts'
import { useNow } from '../elements/time.tsx'
import { formatCount } from '../words/figures.ts'
import { waitWords } from '../words/statuses.ts'
import { formatClock, formatSpan, formatUtc } from '../words/times.ts'

/** What the sync waits for, until when, and what Intercom's rate limit still allows. */
export function Wait({ job }: { job: Job }) {
  const { waitingFor, waitingUntil, rateLimit, status } = job
  const now = useNow(waitingFor === undefined && rateLimit === undefined ? 60_000 : 250)
  if (hasEnded(status) || (waitingFor === undefined && rateLimit === undefined)) return null
  const until = waitingUntil === undefined ? undefined : Date.parse(waitingUntil)
  return (
    <section class={waitingFor === undefined ? 'wait' : 'wait waits'} aria-label="What the sync waits for">
      {waitingFor !== undefined && (
        <p>
          Waiting for {waitWords(waitingFor)}. {until !== undefined && <Until time={until} now={now} />}
        </p>
      )}
      {rateLimit && <Budget rateLimit={rateLimit} now={now} />}
    </section>
  )
}

function Until({ time, now }: { time: number; now: number }) {
  const left = Math.max(0, time - now)
  return (
    <span class="muted">
      Goes on at{' '}
      <time dateTime={new Date(time).toISOString()} title={formatUtc(time)}>
        {formatClock(time)}
      </time>
      {left > 0 && `, in ${formatSpan(left)}`}.
    </span>
  )
}

/** How much of the present window of ten seconds is left. A new window has all of it. */
function Budget({ rateLimit: { limit, remaining, resetsAt }, now }: BudgetProps) {
  const isOver = Date.parse(resetsAt) <= now
  const left = isOver ? limit : Math.min(remaining, limit)
  return (
    <p class="budget">
      <meter min={0} max={limit} value={left} aria-label="Requests left of Intercom's rate limit" />
      <span>
        {formatCount(left)} of {formatCount(limit)} requests left in these ten seconds{' '}
        <span class="muted">(Intercom's rate limit)</span>
      </span>
    </p>
  )
}

interface BudgetProps {
  rateLimit: NonNullable<Job['rateLimit']>
  now: number
}
