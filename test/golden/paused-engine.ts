import type { StartSync } from '../../src/sync/engine.ts'
import { createDeferred } from '../support/deferred.ts'
import { untilAborted } from '../support/worker.ts'

/** An engine that stops in the middle of a job, and waits there until its attempt is ended. */
export interface PausedEngine {
  startSync: StartSync
  /** Resolves when so many commits are written. */
  isUnderWay: Promise<void>
}

/** @throws Error, from the sync, when the job has no more commits than that */
export function pauseAfter(commits: number, engine: StartSync): PausedEngine {
  const underWay = createDeferred<void>()
  return {
    isUnderWay: underWay.promise,
    async *startSync(request, options) {
      const sync = engine(request, options)
      for (let written = 0; written < commits; written++) {
        const step = await sync.next()
        if (step.done) throw new Error('the job has ended already')
        yield step.value
      }
      underWay.resolve()
      return untilAborted(options.signal)
    },
  }
}
