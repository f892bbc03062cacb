import { errorTable } from '../error-table.ts'
import type { Metrics } from '../metrics.ts'
import type { EndObserver } from '../store/attempts/job-end.ts'
import type { Commit } from '../sync/contract/commit.ts'

/**
 * How an attempt ended:
 *
 * - `ended`: its job has ended with it;
 * - `failed`: another attempt follows;
 * - `handed_over`: another follows, because this process stops;
 * - `rested`: another follows when the job's turn comes again;
 * - `superseded`: the job had ended, or had a newer attempt;
 * - `lock_lost`: another worker has the job;
 * - `broken`: the attempt could not be begun or ended, and the queue repeats it.
 */
export type AttemptOutcome = 'ended' | 'failed' | 'handed_over' | 'rested' | 'superseded' | 'lock_lost' | 'broken'

/** Is notified of what a worker does. */
export interface AttemptObserver {
  started(): void
  ended(outcome: AttemptOutcome): void
  committed(commit: Pick<Commit, 'body' | 'recordCount' | 'tombstoneCount'>): void
}

/** Notifies nobody. */
export const unobserved: AttemptObserver = {
  started: () => undefined,
  ended: () => undefined,
  committed: () => undefined,
}

export function countAttempts(metrics: Metrics): AttemptObserver {
  return {
    started() {
      metrics.add('intercom_sync_attempts_started_total', {})
      metrics.add('intercom_sync_attempts_running', {})
    },
    ended(outcome) {
      metrics.add('intercom_sync_attempts_ended_total', { outcome })
      metrics.add('intercom_sync_attempts_running', {}, -1)
    },
    committed({ body, recordCount, tombstoneCount = 0 }) {
      metrics.add('intercom_sync_commits_total', {})
      metrics.add('intercom_sync_records_total', {}, recordCount)
      metrics.add('intercom_sync_tombstones_total', {}, tombstoneCount)
      metrics.add('intercom_sync_message_bytes_total', {}, body.length)
    },
  }
}

/** Counts the jobs that this process has ended, as worker, reconciler or by a call. */
export function countEndedJobs(metrics: Metrics): EndObserver {
  // To Prometheus a series that begins at 1 has not grown, and an alert would miss the first failure.
  for (const code of Object.keys(errorTable))
    metrics.add('intercom_sync_jobs_ended_total', { status: 'failed', code }, 0)
  return ({ status, code, skippedStreams }) => {
    metrics.add('intercom_sync_jobs_ended_total', { status, code: code ?? '' })
    metrics.add('intercom_sync_skipped_streams_total', {}, skippedStreams.length)
  }
}
