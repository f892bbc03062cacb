import { useState } from 'preact/hooks'
import { api, resultOf } from '../api/client.ts'
import type { Connection, Job } from '../api/types.ts'
import { useAction } from '../api/use-action.ts'
import { CopyAsCurl } from '../elements/copy-as-curl.tsx'
import { Dialog } from '../elements/dialog.tsx'
import { Problem } from '../elements/notice.tsx'
import { ScrollBox } from '../elements/scroll-box.tsx'
import { Status } from '../elements/status.tsx'
import { Time } from '../elements/time.tsx'
import { Link, useGoTo } from '../routing/navigation.tsx'
import { formatCount } from '../words/figures.ts'
import { streamWords } from '../words/statuses.ts'
import { freshnessHint } from '../words/times.ts'
import { everyStream, everyWords, resolvedStreams, streamsOf } from './configured-streams.ts'

interface ConnectionStreamsProps {
  connection: Connection
  jobs: readonly Job[]
  /** The streams with an acknowledged state; undefined until it is known. */
  acknowledged: ReadonlySet<string> | undefined
}

/** Before the first record of any workspace. */
const beginning = '1970-01-01T00:00:00Z'

function refreshOf(stream: string) {
  return { streams: [stream], since: beginning }
}

/** What the source reads, how fresh each stream is, and where the next sync goes on. */
export function ConnectionStreams({ connection, jobs, acknowledged }: ConnectionStreamsProps) {
  const streams = resolvedStreams(connection, jobs)
  const hasEvery = streamsOf(connection).some(({ name }) => name === everyStream)
  const [asked, setAsked] = useState<string>()
  const goTo = useGoTo()
  const refresh = useAction(async (name: string) => {
    const params = { path: { connectionId: connection.connectionId } }
    const body = refreshOf(name)
    const { jobId } = await resultOf(api.POST('/v1/connections/{connectionId}/refresh', { params, body }))
    goTo({ page: 'job', jobId })
  })
  if (streams.length === 0 && !hasEvery) return null
  return (
    <section aria-labelledby="streams">
      <h2 id="streams">Streams</h2>
      {hasEvery && <p class="muted">{everyWords}</p>}
      {refresh.problem && <Problem problem={refresh.problem} />}
      {asked !== undefined && (
        <Dialog title={`Read all of ${asked} once more?`} onClose={() => setAsked(undefined)}>
          <p>
            It starts a sync of this stream alone. All its rows come again; what the next syncs bring stays the same.
          </p>
          <div class="actions">
            <button type="button" class="quiet" onClick={() => setAsked(undefined)}>
              Not now
            </button>
            <button type="button" class="main" disabled={refresh.isRunning} onClick={() => void refresh.run(asked)}>
              Start full refresh
            </button>
            <CopyAsCurl
              call={{
                method: 'POST',
                path: `v1/connections/${connection.connectionId}/refresh`,
                body: refreshOf(asked),
              }}
            />
          </div>
        </Dialog>
      )}
      <ScrollBox class="card" label="Table of streams">
        <table class="stacked">
          <thead>
            <tr>
              <th scope="col">Stream</th>
              <th scope="col">Each sync reads</th>
              <th scope="col">Last sync</th>
              <th scope="col">Rows then</th>
              <th scope="col">Records</th>
              <th scope="col">Fresh up to</th>
              <th scope="col">Next sync</th>
              <th scope="col">
                <span class="unseen">Refresh</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {streams.map(({ name, syncMode }) => (
              <StreamLine
                key={name}
                {...{ name, syncMode, jobs }}
                isRemembered={acknowledged?.has(name)}
                onRefresh={() => setAsked(name)}
              />
            ))}
          </tbody>
        </table>
      </ScrollBox>
      <p class="hint">Fresh up to: {freshnessHint}</p>
    </section>
  )
}

interface StreamLineProps {
  name: string
  syncMode: string
  jobs: readonly Job[]
  /** Whether there is an acknowledged state; undefined until it is known. */
  isRemembered: boolean | undefined
  onRefresh: () => void
}

function StreamLine({ name, syncMode, jobs, isRemembered, onRefresh }: StreamLineProps) {
  const runs = jobs.flatMap((job) => {
    const stream = job.streams.find(({ streamName }) => streamName === name)
    return stream ? [{ job, stream }] : []
  })
  const [latest] = runs
  const withRows = runs.find(({ stream }) => stream.rowsSynced > 0)
  const cursor = freshness(name, jobs)
  const isIncremental = syncMode === 'incremental'
  return (
    <tr>
      <th scope="row">{name}</th>
      <td class="muted" data-label="Each sync reads">
        {isIncremental ? 'what has changed' : 'everything'}
      </td>
      <td data-label="Last sync">
        {latest ? <Status {...streamWords(latest.stream, latest.job)} /> : <span class="muted">not yet</span>}
      </td>
      <td data-label="Rows then">
        {latest && (
          <Link to={{ page: 'job', jobId: latest.job.jobId }} title={`The sync that last read ${name}`}>
            {formatCount(latest.stream.rowsSynced)}
          </Link>
        )}
      </td>
      <td data-label="Records">
        {withRows && (
          <Link
            to={{ page: 'records', jobId: withRows.job.jobId, stream: name }}
            label={`Records of ${name}`}
            title="Of the last sync that brought rows of this stream"
          >
            {withRows === latest ? 'Records' : `${formatCount(withRows.stream.rowsSynced)} before`}
          </Link>
        )}
      </td>
      <td data-label="Fresh up to">{cursor !== undefined && <Time at={cursor} relative="past" />}</td>
      <td class="muted" data-label="Next sync">
        {nextWords(isIncremental, isRemembered)}
      </td>
      <td class="number">
        {isIncremental && (
          <button
            type="button"
            class="quiet small"
            title="Reads all of it once more. What the next syncs bring stays the same."
            aria-label={`Full refresh of ${name}`}
            onClick={onRefresh}
          >
            Full refresh …
          </button>
        )}
      </td>
    </tr>
  )
}

/** From where the next sync reads a stream: from its acknowledged state, which a reset takes away. */
function nextWords(isIncremental: boolean, isRemembered: boolean | undefined): string {
  if (!isIncremental) return 'everything'
  if (isRemembered === undefined) return ''
  return isRemembered ? 'goes on' : 'from the start'
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
