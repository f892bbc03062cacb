import { createAttemptStore } from '../store/attempts/attempts.ts'
import type { JobEndDependencies } from '../store/attempts/job-end.ts'
import { createLiveJobs } from '../store/attempts/live-jobs.ts'
import { keepReconciled, type ReconcilerDependencies } from './reconciler.ts'
import { createSyncQueue } from './sync-queue.ts'

/** The dependencies of the reconciler. Its Redis client waits for ever. */
export interface ReconcilerRoleOptions
  extends JobEndDependencies,
    Pick<ReconcilerDependencies, 'onError' | 'onReconciled'> {
  logLimitBytes: number
}

/** Each worker has a reconciler, and so has an API without a worker: a job that no worker holds must still end. */
export function startReconcilerRole(options: ReconcilerRoleOptions): { end(): Promise<void> } {
  const closing = new AbortController()
  const queue = createSyncQueue(options.redis, options.onError)
  const dependencies = { ...options, liveJobs: createLiveJobs(options), attempts: createAttemptStore(options), queue }
  const reconciling = keepReconciled(dependencies, closing.signal)
  return {
    async end() {
      closing.abort()
      await reconciling
      await queue.close()
    },
  }
}
