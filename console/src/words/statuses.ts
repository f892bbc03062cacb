import { type Connection, hasEnded, type Job, type JobStatus, type JobStream } from '../api/types.ts'

/** How a status looks: a shape of its own for each, since colours alone do not tell them apart. */
export type Look = 'done' | 'failed' | 'running' | 'waiting' | 'attention' | 'stopped' | 'idle'

export interface StatusWords {
  look: Look
  word: string
}

export const jobStatusWords: Record<JobStatus, StatusWords> = {
  pending: { look: 'waiting', word: 'Waiting to start' },
  running: { look: 'running', word: 'Running' },
  incomplete: { look: 'attention', word: 'Trying again' },
  succeeded: { look: 'done', word: 'Succeeded' },
  failed: { look: 'failed', word: 'Failed' },
  cancelled: { look: 'stopped', word: 'Cancelled' },
}

const streamStatuses: Record<JobStream['status'], StatusWords> = {
  STARTED: { look: 'waiting', word: 'Started' },
  RUNNING: { look: 'running', word: 'Reading' },
  COMPLETE: { look: 'done', word: 'Complete' },
  INCOMPLETE: { look: 'failed', word: 'Incomplete' },
}

/** How a stream of a sync is. One that somebody has cancelled did not fail. */
export function streamWords({ status }: JobStream, job: Pick<Job, 'status'>): StatusWords {
  return status === 'INCOMPLETE' && job.status === 'cancelled'
    ? { look: 'stopped', word: 'Stopped' }
    : streamStatuses[status]
}

const healthWords: Record<NonNullable<Connection['health']>, StatusWords> = {
  needs_sign_in: { look: 'failed', word: 'Needs a sign-in' },
  failing: { look: 'failed', word: 'Failing' },
  waiting_for_acknowledgement: { look: 'attention', word: 'Waiting for acknowledgement' },
  ok: { look: 'done', word: 'Healthy' },
}

/** What is most worth knowing about a source at a glance. */
export function sourceWords({ health, paused, lastJob, problem }: Connection): StatusWords {
  if (problem !== undefined) return { look: 'failed', word: 'Cannot be read' }
  if (lastJob && !hasEnded(lastJob.status)) return { look: 'running', word: 'Syncing' }
  if (health !== undefined && health !== 'ok') return healthWords[health]
  if (paused) return { look: 'stopped', word: 'Paused' }
  if (lastJob === undefined) return { look: 'idle', word: 'Not synced yet' }
  if (lastJob.status === 'failed') return { look: 'failed', word: 'Last sync failed' }
  return lastJob.status === 'cancelled' ? { look: 'stopped', word: 'Last sync cancelled' } : healthWords.ok
}

const waits: Record<NonNullable<Job['waitingFor']>, string> = {
  worker: 'a worker process: none is running. Start one with intercom-sync serve --worker',
  retry: 'its next attempt',
  rate_limit: 'the rate limit: its requests for these ten seconds are used up',
  scroll: 'the scroll of companies, which another sync or application has: Intercom gives a workspace one at a time',
  log_space: 'room in its log: acknowledge log lines to make some',
}

/** What a sync waits for, as the end of a sentence. */
export function waitWords(waitingFor: NonNullable<Job['waitingFor']>): string {
  return waits[waitingFor]
}
