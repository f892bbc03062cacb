import { useState } from 'preact/hooks'
import { hasEnded, type Job } from '../api/types.ts'
import { useResource } from '../api/use-resource.ts'
import { Loading, Notice, Problem } from '../elements/notice.tsx'
import { formatNoun } from '../words/figures.ts'
import { Failure, Kept, LastFailure } from './failure.tsx'
import { JobFacts } from './job-facts.tsx'
import { JobHead } from './job-head.tsx'
import { loadJob } from './load-job.ts'
import { LogView } from './log/log-view.tsx'
import { type JobLog, useJobLog } from './log/use-job-log.ts'
import { NewestRows } from './newest-rows.tsx'
import { StreamTable } from './stream-table.tsx'
import { Wait } from './wait.tsx'

const refreshMs = 2000

/** One sync, live: its streams, what it waits for, its log. */
export function JobPage({ jobId }: { jobId: number }) {
  const { data, problem, reload } = useResource(
    `job ${jobId}`,
    (signal) => loadJob(jobId, signal),
    (job) => (hasEnded(job.status) ? undefined : refreshMs),
  )
  const [from, setFrom] = useState<number>()
  const log = useJobLog(data, from)
  if (!data) return problem ? <Problem problem={problem} again={reload} /> : <Loading what={`sync ${jobId}`} />
  const job = withLog(data, log)
  return (
    <>
      <JobHead {...{ job, problem, reload }} />
      {log?.phase === 'reconnecting' && (
        <Notice tone="attention" title="The connection to the service broke">
          <p>The sync is not affected. This page reads on where it was as soon as the service answers.</p>
        </Notice>
      )}
      <Failure job={job} />
      <LastFailure job={job} />
      {job.status === 'cancelled' && job.rowsSynced > 0 && (
        <Notice tone="plain" title="The sync was cancelled">
          <Kept job={job} />
        </Notice>
      )}
      <Wait job={job} />
      {job.skippedStreams && job.skippedStreams.length > 0 && (
        <Notice tone="attention" title={`${formatNoun(job.skippedStreams.length, 'stream')} left out`}>
          <p>
            The token may not read {job.skippedStreams.join(', ')}. To read them, give the app of the token their
            permissions in Intercom's Developer Hub.
          </p>
        </Notice>
      )}
      <JobFacts job={job} />
      <StreamTable job={job} rates={log?.rates ?? {}} />
      <NewestRows log={log} job={job} />
      <LogView log={log} job={job} onReadFrom={setFrom} />
    </>
  )
}

/** The job as its log shows it, which is ahead of the last answer about it. */
function withLog(job: Job, log: JobLog | undefined): Job {
  if (!log) return job
  const streams = job.streams.map((stream) => {
    const rows = log.rows[stream.streamName] ?? 0
    return rows > stream.rowsSynced ? { ...stream, rowsSynced: rows } : stream
  })
  const rowsSynced = Math.max(
    job.rowsSynced,
    streams.reduce((sum, stream) => sum + stream.rowsSynced, 0),
  )
  return { ...job, streams, rowsSynced, messageCount: Math.max(job.messageCount, log.offset) }
}
