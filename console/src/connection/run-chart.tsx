import type { Job } from '../api/types.ts'
import { Link } from '../routing/navigation.tsx'
import { formatNoun } from '../words/figures.ts'
import { jobStatusWords } from '../words/statuses.ts'
import { formatTime } from '../words/times.ts'

const mostRuns = 30

/** Rows of the last syncs, oldest first: one bar each, which leads to its sync. */
export function RunChart({ jobs }: { jobs: readonly Job[] }) {
  const shown = jobs.slice(0, mostRuns).toReversed()
  if (shown.length < 2) return null
  const most = Math.max(1, ...shown.map(({ rowsSynced }) => rowsSynced))
  const now = Date.now()
  return (
    <section aria-labelledby="rows-of-syncs">
      <h2 id="rows-of-syncs">Rows of the last {shown.length} syncs</h2>
      <div class="card padded run-chart">
        <ol>
          {shown.map((job) => (
            <li key={job.jobId} class={`run look-${jobStatusWords[job.status].look}`}>
              <Link to={{ page: 'job', jobId: job.jobId }} title={describe(job, now)} label={describe(job, now)}>
                <span style={{ height: `${heightOf(job.rowsSynced / most)}px` }} />
                {job.status === 'failed' && <b aria-hidden="true">×</b>}
              </Link>
            </li>
          ))}
        </ol>
        <span class="muted">most: {formatNoun(most, 'row')}</span>
      </div>
    </section>
  )
}

const tallest = 44

/** A sync that brought something is never drawn as nothing. */
function heightOf(share: number): number {
  return share === 0 ? 1 : Math.max(3, Math.round(share * tallest))
}

function describe({ createdAt, rowsSynced, status }: Job, now: number): string {
  const word = jobStatusWords[status].word.toLowerCase()
  return `${formatTime(Date.parse(createdAt), now)}: ${formatNoun(rowsSynced, 'row')}, ${word}`
}
