import { hasEnded, type Job } from '../api/types.ts'
import { Time, useNow } from '../elements/time.tsx'
import { formatBytes, formatCount, formatNoun, formatRate } from '../words/figures.ts'
import { formatSpan, readDuration } from '../words/times.ts'

/** The figures of the whole sync. */
export function JobFacts({ job }: { job: Job }) {
  const {
    rowsSynced,
    bytesSynced,
    messageCount,
    attempts,
    startTime,
    createdAt,
    duration,
    status,
    scheduledFor,
    rate,
  } = job
  const now = useNow(1000)
  const length =
    hasEnded(status) || startTime === undefined ? readDuration(duration) : Math.max(0, now - Date.parse(startTime))
  return (
    <dl class="facts">
      <Fact
        name="Rows"
        value={formatCount(rowsSynced)}
        note={`${formatNoun(messageCount, 'log line')}${hasEnded(status) ? `, ${formatBytes(bytesSynced)}` : ''}`}
      />
      {rate !== undefined && !hasEnded(status) && (
        <Fact name="Speed" value={formatRate(rate)} note="over the last half minute" />
      )}
      <Fact name={hasEnded(status) ? 'Took' : 'Running for'} value={length === undefined ? '–' : formatSpan(length)} />
      <Fact
        name="Attempts"
        value={formatCount(attempts)}
        {...(attempts > 1 && { note: 'it went on where the one before ended' })}
      />
      <div>
        <dt>{startTime === undefined ? 'Asked for' : 'Started'}</dt>
        <dd>
          <Time at={startTime ?? createdAt} />
        </dd>
        <dd class="note">
          {scheduledFor === undefined ? (
            'by hand, or by a call'
          ) : (
            <>
              by schedule, due <Time at={scheduledFor} />
            </>
          )}
        </dd>
      </div>
    </dl>
  )
}

function Fact({ name, value, note }: { name: string; value: string; note?: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
      {note !== undefined && <dd class="note">{note}</dd>}
    </div>
  )
}
