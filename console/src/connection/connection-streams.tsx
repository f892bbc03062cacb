import { api, resultOf } from '../api/client.ts'
import type { Connection, Job } from '../api/types.ts'
import { useAction } from '../api/use-action.ts'
import { Problem } from '../elements/notice.tsx'
import { ScrollBox } from '../elements/scroll-box.tsx'
import { Status } from '../elements/status.tsx'
import { Time } from '../elements/time.tsx'
import { Link } from '../routing/navigation.tsx'
import { formatCount } from '../words/figures.ts'
import { streamStatusWords } from '../words/statuses.ts'
import { streamsOf } from './configured-streams.ts'

interface ConnectionStreamsProps {
  connection: Connection
  jobs: readonly Job[]
  reload: () => void
}

/** Before the first record of any workspace. */
const beginning = '1970-01-01T00:00:00Z'

/** What the connection reads, and how fresh each stream is. */
export function ConnectionStreams({ connection, jobs, reload }: ConnectionStreamsProps) {
  const streams = streamsOf(connection)
  const refresh = useAction(async (name: string) => {
    const params = { path: { connectionId: connection.connectionId } }
    const body = { streams: [name], since: beginning }
    await resultOf(api.POST('/v1/connections/{connectionId}/refresh', { params, body }))
    reload()
  })
  if (streams.length === 0) return null
  return (
    <section aria-labelledby="streams">
      <h2 id="streams">Streams</h2>
      {refresh.problem && <Problem problem={refresh.problem} />}
      <ScrollBox class="card" label="Table of streams">
        <table>
          <thead>
            <tr>
              <th scope="col">Stream</th>
              <th scope="col">Reads</th>
              <th scope="col">Last run</th>
              <th scope="col">Rows then</th>
              <th scope="col">Fresh up to</th>
              <th scope="col">
                <span class="unseen">Refresh</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {streams.map(({ name, syncMode }) => (
              <StreamLine key={name} {...{ name, syncMode, jobs }} onRefresh={() => void refresh.run(name)} />
            ))}
          </tbody>
        </table>
      </ScrollBox>
    </section>
  )
}

interface StreamLineProps {
  name: string
  syncMode: string
  jobs: readonly Job[]
  onRefresh: () => void
}

function StreamLine({ name, syncMode, jobs, onRefresh }: StreamLineProps) {
  const latest = jobs.find(({ streams }) => streams.some(({ streamName }) => streamName === name))
  const stream = latest?.streams.find(({ streamName }) => streamName === name)
  const cursor = freshness(name, jobs)
  return (
    <tr>
      <th scope="row">{name}</th>
      <td class="muted">{syncMode === 'incremental' ? 'what has changed' : 'everything, each time'}</td>
      <td>{stream ? <Status {...streamStatusWords[stream.status]} /> : <span class="muted">not yet</span>}</td>
      <td>
        {latest && stream && (
          <Link to={{ page: 'job', jobId: latest.jobId }} title={`The job that last read ${name}`}>
            {formatCount(stream.rowsSynced)}
          </Link>
        )}
      </td>
      <td>{cursor !== undefined && <Time at={cursor} relative />}</td>
      <td class="number">
        {syncMode === 'incremental' && (
          <button
            type="button"
            class="quiet small"
            title="Reads all of it once more. What the next syncs bring stays the same."
            aria-label={`Full refresh of ${name}`}
            onClick={onRefresh}
          >
            Full refresh
          </button>
        )}
      </td>
    </tr>
  )
}

/** Everything that changed before it has been read: the cursor, or when a whole listing began. ms since the epoch */
function freshness(name: string, jobs: readonly Job[]): number | undefined {
  for (const { streams, startTime } of jobs) {
    const stream = streams.find(({ streamName }) => streamName === name)
    if (stream?.cursor !== undefined && stream.cursor > 0) return stream.cursor * 1000
    if (stream?.status === 'COMPLETE' && startTime !== undefined) return Date.parse(startTime)
  }
  return undefined
}
