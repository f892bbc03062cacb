import { useState } from 'preact/hooks'
import { hasEnded, type Job } from '../api/types.ts'
import { ScrollBox } from '../elements/scroll-box.tsx'
import { Link } from '../routing/navigation.tsx'
import type { RowPreview } from './log/log-messages.ts'
import type { JobLog } from './log/use-job-log.ts'

const mostColumns = 6

/** The rows that came last, as they come. */
export function NewestRows({ log, job }: { log: JobLog | undefined; job: Job }) {
  const [chosen, setChosen] = useState<string>()
  const names = Object.keys(log?.newest ?? {})
  const name = chosen !== undefined && names.includes(chosen) ? chosen : largest(names, job)
  const rows = (name !== undefined && log?.newest[name]) || []
  if (rows.length === 0) {
    if (hasEnded(job.status)) return null
    return (
      <section aria-labelledby="newest">
        <h2 id="newest">Rows delivered last</h2>
        <p class="muted">The first rows appear here as soon as Intercom has answered.</p>
      </section>
    )
  }
  return (
    <section aria-labelledby="newest">
      <div class="section-head">
        <h2 id="newest">Rows delivered last</h2>
        {names.length > 1 && (
          <label class="inline">
            <span class="unseen">Stream of these rows</span>
            <select value={name} onChange={({ currentTarget }) => setChosen(currentTarget.value)}>
              {names.map((one) => (
                <option key={one}>{one}</option>
              ))}
            </select>
          </label>
        )}
        {names.length === 1 && <span class="muted">{name}</span>}
      </div>
      <ScrollBox class="card" label="Table of the rows delivered last">
        <RowTable rows={rows.toReversed()} />
      </ScrollBox>
      <Earlier jobId={job.jobId} streams={job.streams.filter(({ streamName }) => !names.includes(streamName))} />
    </section>
  )
}

/** The stream that most rows are of, so that the table does not jump from one to the next. */
function largest(names: readonly string[], { streams }: Job): string | undefined {
  const known = streams.filter(({ streamName }) => names.includes(streamName))
  return known.toSorted((one, other) => other.rowsSynced - one.rowsSynced)[0]?.streamName
}

function RowTable({ rows }: { rows: readonly RowPreview[] }) {
  const columns = [...new Set(rows.flatMap(({ cells }) => Object.keys(cells)))].slice(0, mostColumns)
  return (
    <table class="newest">
      <thead>
        <tr>
          {columns.map((column) => (
            <th key={column} scope="col">
              {column}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map(({ offset, cells }) => (
          <tr key={offset}>
            {columns.map((column) => (
              <td key={column}>{cells[column] ?? ''}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  )
}

/** This page has the end of the log alone: rows of other streams came before it. */
function Earlier({ jobId, streams }: Pick<Job, 'jobId' | 'streams'>) {
  const withRows = streams.filter(({ rowsSynced }) => rowsSynced > 0)
  if (withRows.length === 0) return null
  return (
    <p class="hint">
      Came before these:{' '}
      {withRows.map(({ streamName: stream }, index) => (
        <span key={stream}>
          {index > 0 && ', '}
          <Link to={{ page: 'records', jobId, stream }}>{stream}</Link>
        </span>
      ))}
    </p>
  )
}
