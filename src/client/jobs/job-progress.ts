import type { Clock } from '../../clock.ts'
import { formatTime } from '../../display/figures.ts'
import { paceOf, type StreamView, type SyncView } from '../../display/sync-view.ts'
import { hasRemoteJobEnded, type JobStream, type RemoteJob } from './job.ts'

/** How far a job is, by what its service has told so far. */
interface JobProgress {
  /** Takes the latest of what the service tells. */
  take(job: RemoteJob): void
  view(): SyncView
}

/** What each word of the API means; a word of a later version is shown as it is. */
const waits: Readonly<Record<string, string>> = {
  worker: 'a worker: none is running',
  rate_limit: "Intercom's rate limit",
  scroll: 'the scroll of companies, which another job or application has',
  retry: 'the next attempt',
  log_space: 'room in its log: acknowledge messages',
}

const statuses: Readonly<Record<string, StreamView['status']>> = {
  STARTED: 'reading',
  RUNNING: 'reading',
  COMPLETE: 'complete',
  INCOMPLETE: 'incomplete',
}

/** A rate measured over less time than this says nothing, s. */
const leastSeconds = 1

export function createJobProgress(first: RemoteJob, clock: Clock): JobProgress {
  let job = first
  let takenAt = clock.monotonic()
  const begunAt = takenAt
  /** Records at the first look, because the service may not tell a rate. */
  const atFirst = new Map(first.streams.map(({ name, rowsSynced }) => [name, rowsSynced]))

  function viewOf(stream: JobStream, now: number): StreamView {
    const { name, rowsSynced: records, rowsEstimate: estimate } = stream
    const status = statuses[stream.status] ?? 'waiting'
    const view = { name, status, records, ...(estimate !== undefined && { estimate }) }
    if (status !== 'reading') return view
    const watched = (now - begunAt) / 1000
    const measured = watched < leastSeconds ? {} : paceOf(records - (atFirst.get(name) ?? 0), undefined, watched)
    const rate = stream.rate ?? measured.rate
    const left = rate && estimate !== undefined ? Math.max(0, estimate - records) / rate : undefined
    const secondsLeft = stream.eta === undefined ? left : Math.max(0, stream.eta - clock.now()) / 1000
    return { ...view, ...(rate !== undefined && { rate }), ...(secondsLeft !== undefined && { secondsLeft }) }
  }

  return {
    take(latest) {
      job = latest
      takenAt = clock.monotonic()
    },
    view() {
      const now = clock.monotonic()
      const waitingFor = wordsOfWait(job)
      return {
        streams: job.streams.map((stream) => viewOf(stream, now)),
        seconds: job.seconds + (hasRemoteJobEnded(job) || job.status === 'pending' ? 0 : (now - takenAt) / 1000),
        ...(waitingFor !== undefined && { waitingFor }),
      }
    },
  }
}

/** What a job waits for, in words that follow "waiting for". */
export function wordsOfWait(job: RemoteJob): string | undefined {
  if (hasRemoteJobEnded(job)) return undefined
  const { status, waitingFor, waitingUntil } = job
  const until = waitingUntil === undefined ? '' : `, until ${formatTime(waitingUntil)}`
  if (waitingFor !== undefined) return `${waits[waitingFor] ?? waitingFor}${until}`
  if (status === 'pending') return 'its turn'
  return status === 'incomplete' ? waits.retry : undefined
}
