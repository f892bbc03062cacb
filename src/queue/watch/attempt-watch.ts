import type { Clock } from '../../clock.ts'
import type { Activity } from '../../store/activity.ts'
import type { Attempt, AttemptStore } from '../../store/attempts/attempts.ts'
import type { Commit } from '../../sync/contract/commit.ts'
import type { SyncWatch, Wait } from '../../sync/contract/watch.ts'
import { createAttemptRecorder } from './attempt-recorder.ts'
import type { AttemptFigures, JobLog } from './job-log.ts'

/** Makes a running attempt visible: in the service's log, and to those who read its job. */
export interface AttemptWatch {
  /** For the sync that the attempt runs; absent if nobody watches it. */
  sync?: SyncWatch
  committed(commit: Pick<Commit, 'streams' | 'isProgress'>): void
  /** The attempt waits for something that its sync does not know of; undefined when it no longer does. */
  waits(wait: Wait | undefined): void
  /** Writes what has not been told yet. To be called before the attempt is over. */
  settle(): Promise<void>
  /** Ends the watching. */
  stop(): void
}

export const unwatched: AttemptWatch = {
  committed: () => undefined,
  waits: () => undefined,
  settle: async () => undefined,
  stop: () => undefined,
}

interface WatchDependencies {
  attempts: Pick<AttemptStore, 'reportActivity'>
  clock: Clock
  log: JobLog
}

/** A job's record is written at most this often for what its readers see between commits, ms. */
const tellEveryMs = 1000
/** The log gets a line of progress after so many looks. */
const looksPerLine = 30

/** Watches an attempt that has begun, until `stop()`. */
export function watchAttempt({ attempts, clock, log }: WatchDependencies, attempt: Attempt): AttemptWatch {
  const recorder = createAttemptRecorder(clock)
  const over = new AbortController()
  const told = { requests: 0, waitedMs: 0, doing: '' }
  let telling: Promise<void> | undefined

  async function tell({ rates, wait, rateLimit, ...total }: AttemptFigures): Promise<void> {
    const doing = { ...toldOf(wait), rates, ...(rateLimit && { rateLimit }) }
    const requests = total.requests - told.requests
    const waitedMs = Math.round(total.waitedMs - told.waitedMs)
    if (requests === 0 && waitedMs === 0 && JSON.stringify(doing) === told.doing) return
    await attempts.reportActivity(attempt, { activity: { at: clock.now(), ...doing }, requests, waitedMs })
    told.requests += requests
    told.waitedMs += waitedMs
    told.doing = JSON.stringify(doing)
  }

  /** One write at a time. What a failed one would have told, the next one tells. */
  function tellNow(figures: AttemptFigures): Promise<void> {
    telling ??= tell(figures)
      .catch(() => undefined)
      .finally(() => {
        telling = undefined
      })
    return telling
  }

  async function keepLooking(): Promise<void> {
    for (let looks = 1; ; looks++) {
      await clock.sleep(tellEveryMs, over.signal)
      const figures = recorder.look()
      void tellNow(figures)
      if (looks % looksPerLine === 0) log.progress(attempt, figures)
    }
  }

  log.started(attempt)
  // It ends with the signal.
  keepLooking().catch(() => undefined)
  return {
    sync: {
      ...recorder.sync,
      waited: () => undefined,
      holding: () => undefined,
      answered(...answer) {
        recorder.sync.answered(...answer)
        log.asked(attempt, ...answer)
      },
    },
    committed: ({ streams }) => recorder.committed(streams),
    waits: recorder.waits,
    async settle() {
      await telling
      await tellNow(recorder.look())
    },
    stop: () => over.abort(),
  }
}

/** Whole seconds, because each look calculates the end of the same wait slightly differently. */
function toldOf(wait: Wait | undefined): Pick<Activity, 'waitingFor' | 'waitingUntil'> {
  if (!wait) return {}
  const { waitingFor, until } = wait
  return { waitingFor, ...(until !== undefined && { waitingUntil: Math.ceil(until / 1000) * 1000 }) }
}
