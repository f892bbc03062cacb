import { useState } from 'preact/hooks'
import { api, resultOf } from '../api/client.ts'
import { useResource } from '../api/use-resource.ts'
import { CopyAsCurl } from '../elements/copy-as-curl.tsx'
import { Loading, Notice, Problem } from '../elements/notice.tsx'
import { PageTitle } from '../elements/page-title.tsx'
import { Status } from '../elements/status.tsx'
import { JobList } from '../overview/job-list.tsx'
import { WebhooksSection } from '../webhooks/webhooks-section.tsx'
import { connectionWords } from '../words/statuses.ts'
import { ConnectionActions } from './connection-actions.tsx'
import { ConnectionFacts } from './connection-facts.tsx'
import { ConnectionStreams } from './connection-streams.tsx'
import { EditConnection } from './edit-connection.tsx'
import { Health } from './health.tsx'
import { RunChart } from './run-chart.tsx'

const refreshMs = 5000
const mostRuns = 100

/** One connection: how it is, what it reads, when it runs, what came of it. */
export function ConnectionPage({ connectionId }: { connectionId: string }) {
  const params = { path: { connectionId } }
  const connection = useResource(
    `connection ${connectionId}`,
    (signal) => resultOf(api.GET('/v1/connections/{connectionId}', { params, signal })),
    refreshMs,
  )
  const runs = useResource(
    `runs of ${connectionId}`,
    (signal) => resultOf(api.GET('/v1/jobs', { params: { query: { connectionId, limit: mostRuns } }, signal })),
    refreshMs,
  )
  const [isEditing, setEditing] = useState(false)
  const { data, problem } = connection
  if (!data) return problem ? <Problem problem={problem} again={connection.reload} /> : <Loading what={connectionId} />
  const reload = () => {
    connection.reload()
    runs.reload()
  }
  const jobs = runs.data?.data ?? []
  return (
    <>
      <div class="page-head">
        <div>
          <PageTitle title={connectionId} />
          <div class="under-title">
            <Status {...connectionWords(data)} />
          </div>
        </div>
        <ConnectionActions connection={data} reload={reload} onEdit={() => setEditing(!isEditing)} />
      </div>
      {problem && <Problem problem={problem} again={connection.reload} />}
      {data.problem !== undefined && <Notice tone="problem" title={data.problem} />}
      {isEditing && (
        <EditConnection
          connection={data}
          onClose={(isChanged) => {
            setEditing(false)
            if (isChanged) reload()
          }}
        />
      )}
      <Health connection={data} onEdit={() => setEditing(true)} reload={reload} />
      <ConnectionFacts connection={data} />
      <RunChart jobs={jobs} />
      <ConnectionStreams connection={data} jobs={jobs} reload={reload} />
      <section aria-labelledby="runs">
        <h2 id="runs">Runs</h2>
        {runs.problem && <Problem problem={runs.problem} again={runs.reload} />}
        {runs.data && jobs.length === 0 && (
          <p class="muted">It has not run yet. “Sync now” starts the first sync; a schedule does it by itself.</p>
        )}
        {jobs.length > 0 && <JobList jobs={jobs} />}
        <div class="list-foot">
          <span class="spread" />
          <CopyAsCurl call={{ path: `v1/jobs?connectionId=${encodeURIComponent(connectionId)}&limit=${mostRuns}` }} />
        </div>
      </section>
      <WebhooksSection connection={data} reload={reload} />
    </>
  )
}
