import type { Job } from '../api/types.ts'
import { Status } from '../elements/status.tsx'
import { Time } from '../elements/time.tsx'
import { Link } from '../routing/navigation.tsx'
import { formatNoun } from '../words/figures.ts'
import { jobStatusWords } from '../words/statuses.ts'
import { formatSpan, readDuration } from '../words/times.ts'

interface JobListProps {
  jobs: readonly Job[]
  /** Whether each line says whose sync it is. */
  namesConnection?: boolean
}

/** Syncs, newest first, one line each. */
export function JobList({ jobs, namesConnection = false }: JobListProps) {
  return (
    <ul class="rows jobs">
      {jobs.map((job) => (
        <JobRow key={job.jobId} job={job} namesConnection={namesConnection} />
      ))}
    </ul>
  )
}

function JobRow({ job, namesConnection }: { job: Job; namesConnection: boolean }) {
  const { jobId, jobType, status, connectionId, createdAt, startTime, duration, rowsSynced, failure, scheduledFor } =
    job
  const length = startTime === undefined ? undefined : readDuration(duration)
  return (
    <li>
      <Link to={{ page: 'job', jobId }} class="title">
        <Status {...jobStatusWords[status]} />
      </Link>
      <span>
        {namesConnection && connectionId !== undefined && (
          <>
            <Link to={{ page: 'connection', connectionId }}>{connectionId}</Link>{' '}
          </>
        )}
        <span class="muted">
          {jobType === 'refresh' ? 'full refresh' : 'sync'}
          {scheduledFor === undefined ? ', by hand' : ', by schedule'}
          {namesConnection && connectionId === undefined && ', without a source'}
        </span>
        {failure && <span class="why">{failure.message}</span>}
      </span>
      <span class="number">{formatNoun(rowsSynced, 'row')}</span>
      <span class="muted end">
        <Time at={createdAt} relative="past" />
        {length !== undefined && `, ${formatSpan(length)}`}
      </span>
    </li>
  )
}
