import { useState } from 'preact/hooks'
import { api, resultOf } from '../api/client.ts'
import type { CurlCall } from '../api/curl.ts'
import type { CallError } from '../api/problem.ts'
import { cancelCall, cancelSync, startSync } from '../api/start-job.ts'
import { type Connection, hasEnded, type Job } from '../api/types.ts'
import { useAction } from '../api/use-action.ts'
import { CurlMenu } from '../elements/copy-as-curl.tsx'
import { ConfirmByName } from '../elements/dialog.tsx'
import { Problem } from '../elements/notice.tsx'
import { Link, useGoTo } from '../routing/navigation.tsx'

interface ConnectionActionsProps {
  connection: Connection
  /** Its last sync. */
  last: Job | undefined
  /** Why the page does not know how the source is. It is shown here, unless an action has met the same. */
  pageProblem: CallError | undefined
  reload: () => void
  onEdit: () => void
  onReset: () => void
}

/** What can be done with a source. What cannot be undone asks for its name first. */
export function ConnectionActions({ connection, last, pageProblem, reload, onEdit, onReset }: ConnectionActionsProps) {
  const { connectionId, paused } = connection
  const goTo = useGoTo()
  const running = last && !hasEnded(last.status) ? last : undefined
  const params = { path: { connectionId } }
  const [asked, setAsked] = useState<'reset' | 'delete'>()
  const sync = useAction(async () => {
    const { jobId } = await startSync(connectionId)
    goTo({ page: 'job', jobId })
  })
  const cancel = useAction(async (job: Pick<Job, 'jobId' | 'logEpoch'>) => {
    await cancelSync(job)
    reload()
  })
  const pause = useAction(async () => {
    if (paused) await resultOf(api.POST('/v1/connections/{connectionId}/resume', { params }))
    else await resultOf(api.POST('/v1/connections/{connectionId}/pause', { params }))
    reload()
  })
  const reset = useAction(async () => {
    await resultOf(api.DELETE('/v1/connections/{connectionId}/state', { params }))
    setAsked(undefined)
    onReset()
    reload()
  })
  const remove = useAction(async () => {
    await resultOf(api.DELETE('/v1/connections/{connectionId}', { params }))
    goTo({ page: 'connections' }, { replaces: true })
  })
  const problem = sync.problem ?? pause.problem ?? cancel.problem
  const busyJob = problem?.code === 'connection_busy' ? problem.extensions.jobId : undefined
  return (
    <>
      <div class="actions">
        {running ? (
          <>
            <Link to={{ page: 'job', jobId: running.jobId }} class="button main">
              Watch the sync
            </Link>
            <button
              type="button"
              onClick={() => void cancel.run(running)}
              disabled={cancel.isRunning || running.cancelRequested === true}
            >
              Cancel
            </button>
          </>
        ) : (
          <button type="button" class="main" onClick={() => void sync.run()} disabled={sync.isRunning}>
            Sync now
          </button>
        )}
        <button type="button" onClick={() => void pause.run()} disabled={pause.isRunning}>
          {paused ? 'Resume' : 'Pause'}
        </button>
        <button type="button" onClick={onEdit}>
          Edit
        </button>
        <button type="button" onClick={() => setAsked('reset')}>
          Reset …
        </button>
        <button type="button" class="danger" onClick={() => setAsked('delete')}>
          Delete …
        </button>
        <CurlMenu calls={callsOf(connection, running)} />
      </div>
      {problem && (
        <div class="head-problem">
          <Problem problem={problem} />
          {typeof busyJob === 'number' && (
            <button type="button" class="small" onClick={() => goTo({ page: 'job', jobId: busyJob })}>
              Go to the running sync
            </button>
          )}
        </div>
      )}
      {pageProblem && pageProblem.code !== problem?.code && (
        <div class="head-problem">
          <Problem problem={pageProblem} again={reload} />
        </div>
      )}
      {asked === 'reset' && (
        <ConfirmByName
          title="Reset this source?"
          name={connectionId}
          verb="Reset"
          isRunning={reset.isRunning}
          onConfirm={() => void reset.run()}
          onClose={() => setAsked(undefined)}
        >
          <p>It forgets how far it has read. The next sync reads everything again, from the start date on.</p>
          {reset.problem && <Problem problem={reset.problem} />}
        </ConfirmByName>
      )}
      {asked === 'delete' && (
        <ConfirmByName
          title="Delete this source?"
          name={connectionId}
          verb="Delete"
          isRunning={remove.isRunning}
          onConfirm={() => void remove.run()}
          onClose={() => setAsked(undefined)}
        >
          <p>Its token, its schedule and what it has read up to are gone for good. Nothing changes at Intercom.</p>
          {remove.problem && <Problem problem={remove.problem} />}
        </ConfirmByName>
      )}
    </>
  )
}

function callsOf({ connectionId, paused }: Connection, running: Job | undefined): Record<string, CurlCall> {
  const path = `v1/connections/${connectionId}`
  return {
    'This source': { path },
    ...(running
      ? { Cancel: cancelCall(running) }
      : { 'Sync now': { method: 'POST', path: 'v1/jobs', body: { connectionId } } }),
    ...(paused
      ? { Resume: { method: 'POST', path: `${path}/resume` } }
      : { Pause: { method: 'POST', path: `${path}/pause` } }),
    Reset: { method: 'DELETE', path: `${path}/state` },
    Delete: { method: 'DELETE', path },
  }
}
