import type { Rest } from '../sync/contract/rest.ts'
import { AttemptStop } from './attempt-stop.ts'

/** The entry of BullMQ that an attempt holds by its lock. */
interface LockedEntry {
  /** Resolves with 0 when another attempt has the lock. */
  extendLock(token: string, lockMs: number): Promise<number>
}

/** How long a lock holds, and how often it is renewed, ms. */
interface LockRenewal {
  lockMs: number
  renewMs: number
}

/**
 * The attempts of this process, and their locks.
 *
 * BullMQ could do the same, but knows attempts by their job only. A process that has lost a lock may be the one that
 * takes the job back. Then BullMQ cannot stop the attempt before, and stops renewing the new lock as soon as that one
 * ends, so that one lost lock costs attempt after attempt.
 */
interface RunningAttempts {
  /**
   * Runs an attempt, and renews its lock meanwhile. An attempt of this process at the same job has lost its lock, and is
   * stopped.
   */
  run(jobId: number, entry: LockedEntry, token: string, work: (signal: AbortSignal) => Promise<void>): Promise<void>
  /** Stops the attempts at a job. */
  stop(jobId: number, reason: AttemptStop | Rest): void
  stopAll(reason: AttemptStop): void
}

interface RunningAttempt {
  jobId: number
  controller: AbortController
}

/** @param onError is told why a lock could not be renewed for now */
export function createRunningAttempts(
  { lockMs, renewMs }: LockRenewal,
  onError: (error: unknown) => void,
): RunningAttempts {
  const running = new Set<RunningAttempt>()

  /** Renews a lock until the returned function is called. */
  function keepLock(entry: LockedEntry, token: string, controller: AbortController): () => void {
    let isAsking = false
    const renew = async () => {
      if (isAsking) return
      isAsking = true
      try {
        const isHeld = (await entry.extendLock(token, lockMs)) === 1
        if (!isHeld) controller.abort(new AttemptStop('lock-lost'))
      } catch (error) {
        onError(error)
      } finally {
        isAsking = false
      }
    }
    const timer = setInterval(renew, renewMs)
    return () => clearInterval(timer)
  }

  const stop: RunningAttempts['stop'] = (jobId, reason) => {
    for (const attempt of running) if (attempt.jobId === jobId) attempt.controller.abort(reason)
  }

  return {
    async run(jobId, entry, token, work) {
      stop(jobId, new AttemptStop('lock-lost'))
      const attempt = { jobId, controller: new AbortController() }
      running.add(attempt)
      const leaveLock = keepLock(entry, token, attempt.controller)
      try {
        await work(attempt.controller.signal)
      } finally {
        leaveLock()
        running.delete(attempt)
      }
    },
    stop,
    stopAll(reason) {
      for (const { controller } of running) controller.abort(reason)
    },
  }
}
