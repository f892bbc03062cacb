import type { Clock } from '../../clock.ts'
import { openDisplay } from '../../display/display.ts'
import type { Screen } from '../../display/screen.ts'
import type { RemoteService } from '../service/service.ts'
import { hasRemoteJobEnded, pathOfJob, type RemoteJob, readRemoteJob } from './job.ts'
import { createJobProgress } from './job-progress.ts'

interface FollowOptions {
  service: RemoteService
  screen: Screen
  clock: Clock
  signal: AbortSignal
}

/** Between two lines where there is no terminal, ms. */
const everyMs = 30_000
/** For so many seconds the service may wait for a change, before it answers. */
const waitSeconds = { bars: 1, lines: 10 }
/** Streams of a job that has not begun; it usually has the default set. */
const usualStreams = 14

/** Shows how far a job is until it has ended. @throws CodedError; the signal's reason */
export async function followToEnd(
  first: RemoteJob,
  { service, screen, clock, signal }: FollowOptions,
): Promise<RemoteJob> {
  const progress = createJobProgress(first, clock)
  const rows = first.streams.length || usualStreams
  const watch = await openDisplay(screen, rows, { clock, everyMs, tellsEnds: false })
  const wait = screen.rows === 0 ? waitSeconds.lines : waitSeconds.bars
  const stop = watch({ sync: progress.view })
  try {
    for (let job = first; ; ) {
      if (hasRemoteJobEnded(job)) return job
      signal.throwIfAborted()
      const path = `${pathOfJob(job.jobId, job.logEpoch)}&wait=${wait}`
      job = readRemoteJob((await service.askAgain({ method: 'GET', path })).value)
      progress.take(job)
    }
  } finally {
    stop()
  }
}
