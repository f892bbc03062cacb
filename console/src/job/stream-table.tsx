import { hasEnded, type Job, type JobStream } from '../api/types.ts'
import { ScrollBox } from '../elements/scroll-box.tsx'
import { Status } from '../elements/status.tsx'
import { Time } from '../elements/time.tsx'
import { Link } from '../routing/navigation.tsx'
import { formatCount, formatRate } from '../words/figures.ts'
import { type Look, streamWords } from '../words/statuses.ts'
import { formatSpan, freshnessHint } from '../words/times.ts'
import { completenessWords } from './completeness.ts'

interface StreamTableProps {
  job: Job
  /** Rows per second as this page sees them come. */
  rates: Record<string, number>
}

/** How far each stream is. */
export function StreamTable({ job, rates }: StreamTableProps) {
  if (job.streams.length === 0) return null
  const isOver = hasEnded(job.status)
  return (
    <section aria-labelledby="streams">
      <h2 id="streams">Streams</h2>
      <ScrollBox class="card" label="Table of streams">
        <table class="streams">
          <thead>
            <tr>
              <th scope="col">Stream</th>
              <th scope="col">Status</th>
              <th scope="col" class="wide">
                Rows
              </th>
              {!isOver && <th scope="col">Speed</th>}
              <th scope="col">Read up to</th>
              <th scope="col">
                <span class="unseen">Records</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {job.streams.map((stream) => (
              <StreamRow key={stream.streamName} stream={stream} job={job} rate={rates[stream.streamName]} />
            ))}
          </tbody>
        </table>
      </ScrollBox>
      {job.streams.some(({ cursor = 0 }) => cursor > 0) && <p class="hint">Read up to: {freshnessHint}</p>}
    </section>
  )
}

function StreamRow({ stream, job, rate }: { stream: JobStream; job: Job; rate: number | undefined }) {
  const { streamName, rowsSynced, rowsEstimate, cursor } = stream
  const isOver = stream.status === 'COMPLETE' || stream.status === 'INCOMPLETE' || hasEnded(job.status)
  const perSecond = isOver ? undefined : (rate ?? stream.rate)
  return (
    <tr>
      <th scope="row">{streamName}</th>
      <td>
        <Status {...streamWords(stream, job)} />
      </td>
      <td class="wide">
        <Bar stream={stream} isOver={isOver} look={streamWords(stream, job).look} />
        {completenessWords(stream).map((words) => (
          <span key={words} class="note">
            {words}
          </span>
        ))}
      </td>
      {!hasEnded(job.status) && (
        <td>
          {perSecond !== undefined && perSecond > 0 && (
            <>
              {formatRate(perSecond)}
              {rowsEstimate !== undefined && rowsEstimate > rowsSynced && (
                <span class="note">{formatSpan(((rowsEstimate - rowsSynced) / perSecond) * 1000)} left</span>
              )}
            </>
          )}
        </td>
      )}
      <td>{cursor !== undefined && cursor > 0 && <Time at={cursor * 1000} />}</td>
      <td class="number">
        {rowsSynced > 0 && (
          <Link to={{ page: 'records', jobId: job.jobId, stream: streamName }} title={`Records of ${streamName}`}>
            Records
          </Link>
        )}
      </td>
    </tr>
  )
}

/** How many of the rows that Intercom counted have come. */
function Bar({ stream, isOver, look }: { stream: JobStream; isOver: boolean; look: Look }) {
  const { streamName, rowsSynced, rowsEstimate, status } = stream
  const most = Math.max(rowsEstimate ?? 0, rowsSynced)
  // Where Intercom tells no count, nobody knows how much is left.
  const isUnknown = !isOver && rowsEstimate === undefined
  const share = rowsSynced === 0 ? 0 : status === 'COMPLETE' ? 1 : rowsSynced / most
  const showsEstimate = rowsEstimate !== undefined && rowsEstimate > rowsSynced && !isOver
  return (
    <div class="bar-line">
      <div
        class={`bar ${look === 'failed' ? 'broken' : look === 'stopped' ? 'cut-short' : isUnknown ? 'unknown' : ''}`}
        role="progressbar"
        aria-label={`Rows of ${streamName}`}
        aria-valuemin={0}
        aria-valuemax={most}
        aria-valuenow={rowsSynced}
      >
        {!isUnknown && <div style={{ width: `${Math.round(share * 1000) / 10}%` }} />}
      </div>
      <span class="bar-count">
        {formatCount(rowsSynced)}
        {showsEstimate && <span class="muted"> of {formatCount(rowsEstimate)}</span>}
      </span>
    </div>
  )
}
