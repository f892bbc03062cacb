import { useState } from 'preact/hooks'
import { api, resultOf } from '../api/client.ts'
import { useResource } from '../api/use-resource.ts'
import { CopyAsCurl } from '../elements/copy-as-curl.tsx'
import { Loading, Problem } from '../elements/notice.tsx'
import { PageTitle } from '../elements/page-title.tsx'
import { Link } from '../routing/navigation.tsx'
import { ConnectionRow } from './connection-row.tsx'
import { RecentJobs } from './recent-jobs.tsx'

const refreshMs = 5000
const pageSize = 50

/** All sources of the caller, in the order of their names, and the latest syncs. */
export function ConnectionsPage() {
  const [cursors, setCursors] = useState<string[]>([])
  const cursor = cursors.at(-1)
  const { data, problem, reload } = useResource(
    `connections after ${cursor}`,
    (signal) =>
      resultOf(
        api.GET('/v1/connections', { params: { query: { limit: pageSize, ...(cursor && { cursor }) } }, signal }),
      ),
    refreshMs,
  )
  const isEmpty = data?.data.length === 0 && cursor === undefined
  return (
    <>
      <div class="page-head">
        <PageTitle title="Sources" />
        {data && !isEmpty && <AddSource />}
      </div>
      {problem && <Problem problem={problem} again={reload} />}
      {!data && !problem && <Loading what="sources" />}
      {isEmpty && <NoConnection />}
      {data && !isEmpty && (
        <section aria-label="Sources">
          <ul class="rows connections">
            {data.data.map((connection) => (
              <ConnectionRow key={connection.connectionId} connection={connection} />
            ))}
          </ul>
          <div class="list-foot">
            {cursor !== undefined && (
              <button type="button" class="quiet small" onClick={() => setCursors(cursors.slice(0, -1))}>
                Previous page
              </button>
            )}
            {data.next !== undefined && (
              <button type="button" class="quiet small" onClick={() => setCursors([...cursors, data.next ?? ''])}>
                Next page
              </button>
            )}
            <span class="spread" />
            <CopyAsCurl call={{ path: 'v1/connections' }} />
          </div>
        </section>
      )}
      {data && <RecentJobs />}
    </>
  )
}

function AddSource() {
  return (
    <Link to={{ page: 'setup' }} class="button main">
      Add a source
    </Link>
  )
}

function NoConnection() {
  return (
    <div class="empty">
      <h2>No source yet</h2>
      <p>
        Connect an Intercom workspace: an access token is enough. You choose what is read and when, and watch the first
        rows come.
      </p>
      <p>
        <AddSource />
      </p>
    </div>
  )
}
