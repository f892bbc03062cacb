import type { CallError } from '../api/problem.ts'
import { cancelCall, cancelSync } from '../api/start-job.ts'
import { hasEnded, type Job } from '../api/types.ts'
import { useAction } from '../api/use-action.ts'
import { CopyAsCurl, CurlMenu } from '../elements/copy-as-curl.tsx'
import { Problem } from '../elements/notice.tsx'
import { PageTitle } from '../elements/page-title.tsx'
import { Status } from '../elements/status.tsx'
import { Link } from '../routing/navigation.tsx'
import { jobStatusWords } from '../words/statuses.ts'
import { Download } from './download.tsx'

interface JobHeadProps {
  job: Job
  /** Why the page does not know how the sync is. It is shown here, unless *Cancel* has met the same. */
  problem: CallError | undefined
  reload: () => void
}

/** What the sync is, how it is, and what can be done with it. */
export function JobHead({ job, problem, reload }: JobHeadProps) {
  const { jobId, jobType, status, connectionId, cancelRequested, logEpoch } = job
  const cancel = useAction(async () => {
    await cancelSync({ jobId, logEpoch })
    reload()
  })
  const kind = jobType === 'refresh' ? 'Full refresh' : 'Sync'
  const isCancelling = !hasEnded(status) && (cancel.isRunning || cancelRequested === true)
  return (
    <>
      <div class="page-head">
        <div>
          <PageTitle title={`${kind} ${jobId}`} />
          <div class="under-title">
            <Status {...(isCancelling ? { look: 'waiting', word: 'Being cancelled' } : jobStatusWords[status])} />
            {connectionId !== undefined && (
              <span>
                of <Link to={{ page: 'connection', connectionId }}>{connectionId}</Link>
              </span>
            )}
          </div>
        </div>
        <div class="actions">
          {!hasEnded(status) && (
            <button type="button" onClick={() => void cancel.run()} disabled={isCancelling}>
              Cancel
            </button>
          )}
          <Download job={job} />
          {hasEnded(status) ? (
            <CopyAsCurl call={{ path: `v1/jobs/${jobId}` }} />
          ) : (
            <CurlMenu calls={{ 'This sync': { path: `v1/jobs/${jobId}` }, Cancel: cancelCall({ jobId, logEpoch }) }} />
          )}
        </div>
      </div>
      {problem && problem.code !== cancel.problem?.code && <Problem problem={problem} again={reload} />}
      {cancel.problem && cancel.problem.code !== 'job_ended' && <Problem problem={cancel.problem} />}
    </>
  )
}
