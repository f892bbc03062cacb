import { useState } from 'preact/hooks'
import { api, resultOf } from '../api/client.ts'
import { startSync } from '../api/start-job.ts'
import type { Connection } from '../api/types.ts'
import { useAction } from '../api/use-action.ts'
import { ConfirmByName } from '../elements/dialog.tsx'
import { Problem } from '../elements/notice.tsx'
import { goTo } from '../routing/navigation.tsx'

interface ConnectionActionsProps {
  connection: Connection
  reload: () => void
  onEdit: () => void
}

/** What can be done with a connection. What cannot be undone asks for its name first. */
export function ConnectionActions({ connection, reload, onEdit }: ConnectionActionsProps) {
  const { connectionId, paused } = connection
  const params = { path: { connectionId } }
  const [asked, setAsked] = useState<'reset' | 'delete'>()
  const sync = useAction(async () => {
    const { jobId } = await startSync(connectionId)
    goTo({ page: 'job', jobId })
  })
  const pause = useAction(async () => {
    if (paused) await resultOf(api.POST('/v1/connections/{connectionId}/resume', { params }))
    else await resultOf(api.POST('/v1/connections/{connectionId}/pause', { params }))
    reload()
  })
  const reset = useAction(async () => {
    await resultOf(api.DELETE('/v1/connections/{connectionId}/state', { params }))
    setAsked(undefined)
    reload()
  })
  const remove = useAction(async () => {
    await resultOf(api.DELETE('/v1/connections/{connectionId}', { params }))
    goTo({ page: 'connections' }, { replaces: true })
  })
  const problem = sync.problem ?? pause.problem
  const busyJob = problem?.code === 'connection_busy' ? problem.extensions.jobId : undefined
  return (
    <>
      <div class="actions">
        <button type="button" class="main" onClick={() => void sync.run()} disabled={sync.isRunning}>
          Sync now
        </button>
        <button type="button" onClick={() => void pause.run()} disabled={pause.isRunning}>
          {paused ? 'Resume' : 'Pause'}
        </button>
        <button type="button" onClick={onEdit}>
          Edit
        </button>
        <button type="button" onClick={() => setAsked('reset')}>
          Reset
        </button>
        <button type="button" class="danger" onClick={() => setAsked('delete')}>
          Delete
        </button>
      </div>
      {problem && (
        <div class="head-problem">
          <Problem problem={problem} />
          {typeof busyJob === 'number' && (
            <button type="button" class="small" onClick={() => goTo({ page: 'job', jobId: busyJob })}>
              Go to the running job
            </button>
          )}
        </div>
      )}
      {asked === 'reset' && (
        <ConfirmByName
          title="Reset this connection?"
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
          title="Delete this connection?"
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
