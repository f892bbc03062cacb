import { useState } from 'preact/hooks'
import { api, resultOf } from '../api/client.ts'
import type { components } from '../api/schema.ts'
import type { Connection, Job } from '../api/types.ts'
import { useResource } from '../api/use-resource.ts'
import { CopyAsCurl } from '../elements/copy-as-curl.tsx'
import { Loading, Notice, Problem } from '../elements/notice.tsx'
import { PageTitle } from '../elements/page-title.tsx'
import { Status } from '../elements/status.tsx'
import { JobList } from '../overview/job-list.tsx'
import { WebhooksSection } from '../webhooks/webhooks-section.tsx'
import { sourceWords } from '../words/statuses.ts'
import { ConnectionActions } from './connection-actions.tsx'
import { ConnectionFacts } from './connection-facts.tsx'
import { ConnectionStreams } from './connection-streams.tsx'
import { EditConnection } from './edit-connection.tsx'
import { Health } from './health.tsx'
import { RunChart } from './run-chart.tsx'

const refreshMs = 5000
const mostSyncs = 100

/** One source: how it is, what it reads, when it runs, what came of it. */
export function ConnectionPage({ connectionId }: { connectionId: string }) {
  const params = { path: { connectionId } }
  const connection = useResource(
    `connection ${connectionId}`,
    (signal) => resultOf(api.GET('/v1/connections/{connectionId}', { params, signal })),
    refreshMs,
  )
  const runs = useResource(
    `runs of ${connectionId}`,
    (signal) => resultOf(api.GET('/v1/jobs', { params: { query: { connectionId, limit: mostSyncs } }, signal })),
    refreshMs,
  )
  const states = useResource(
    `state of ${connectionId}`,
    (signal) => resultOf(api.GET('/v1/connections/{connectionId}/state', { params, signal })),
    refreshMs,
  )
  const [isEditing, setEditing] = useState(false)
  const [isReset, setReset] = useState(false)
  const { data, problem } = connection
  if (!data) return problem ? <Problem problem={problem} again={connection.reload} /> : <Loading what={connectionId} />
  const reload = () => {
    connection.reload()
    runs.reload()
    states.reload()
  }
  const jobs = runs.data?.data ?? []
  return (
    <>
      <div class="page-head">
        <div>
          <PageTitle title={connectionId} />
          <div class="under-title">
            <Status {...sourceWords(data)} />
          </div>
        </div>
        <ConnectionActions
          connection={data}
          pageProblem={problem}
          reload={reload}
          onEdit={() => setEditing(!isEditing)}
          onReset={() => setReset(true)}
          last={lastOf(data, jobs)}
        />
      </div>
      {data.problem !== undefined && <Notice tone="problem" title={data.problem} />}
      {isReset && (
        <Notice tone="plain" title="Reset">
          <p>It has forgotten how far it had read. The next sync reads everything from the start.</p>
        </Notice>
      )}
      {data.paused && (
        <p class="muted">
          Paused: no sync begins by schedule. “Sync now” works all the same.
          {runs.data && jobs.length === 0 && ' It was never synced: somebody may be setting it up in another tab.'}
        </p>
      )}
      <Health connection={data} failure={lastOf(data, jobs)?.failure} onEdit={() => setEditing(true)} reload={reload} />
      {isEditing && (
        <EditConnection
          connection={data}
          onClose={(isChanged) => {
            setEditing(false)
            if (isChanged) reload()
          }}
        />
      )}
      <ConnectionFacts connection={data} />
      <RunChart jobs={jobs} />
      <ConnectionStreams connection={data} jobs={jobs} acknowledged={namesOf(states.data)} />
      <section aria-labelledby="syncs">
        <h2 id="syncs">Syncs</h2>
        {runs.problem && <Problem problem={runs.problem} again={runs.reload} />}
        {runs.data && jobs.length === 0 && (
          <p class="muted">None yet. “Sync now” starts the first sync; a schedule does it by itself.</p>
        )}
        {jobs.length > 0 && <JobList jobs={jobs} />}
        <div class="list-foot">
          <span class="spread" />
          <CopyAsCurl call={{ path: `v1/jobs?connectionId=${encodeURIComponent(connectionId)}&limit=${mostSyncs}` }} />
        </div>
      </section>
      <WebhooksSection connection={data} reload={reload} />
    </>
  )
}

/** All about its last sync, as far as it is known. */
function lastOf({ lastJob }: Connection, jobs: readonly Job[]): Job | undefined {
  return jobs.find(({ jobId }) => jobId === lastJob?.jobId)
}

/** The streams that have a state. */
function namesOf(states: components['schemas']['States'] | undefined): Set<string> | undefined {
  return states && new Set(states.map(({ stream }) => stream.stream_descriptor.name))
}
