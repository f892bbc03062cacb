import type { Logger } from 'pino'
import type { RateLimit } from '../../intercom/budget/latest-limit.ts'
import type { AskedRequest } from '../../intercom/observer.ts'
import type { Attempt } from '../../store/attempts/attempts.ts'
import type { EndObserver } from '../../store/attempts/job-end.ts'
import type { StreamProgress } from '../../sync/contract/commit.ts'
import type { Wait } from '../../sync/contract/watch.ts'

/** How far an attempt has come. Requests and times are its own; rows are those of the whole job. */
export interface AttemptFigures {
  rows: number
  /** Rows per second lately, of the streams that had some. */
  rates: Readonly<Record<string, number>>
  requests: number
  retries: number
  /** Ms in which its requests waited for Intercom's rate limit. */
  waitedMs: number
  wait: Wait | undefined
  /** What Intercom last said. */
  rateLimit: RateLimit | undefined
  streams: readonly StreamProgress[]
}

/** What the service's log says about jobs while they run. */
export interface JobLog {
  started(attempt: Attempt): void
  progress(attempt: Attempt, figures: AttemptFigures): void
  /** @param status undefined when there was no answer */
  asked(attempt: Attempt, status: number | undefined, ms: number, request: AskedRequest): void
}

export function createJobLog(logger: Logger): JobLog {
  return {
    started(attempt) {
      const { attempts, isRested } = attempt
      if (isRested) return
      logger.info({ ...idsOf(attempt), attempts }, attempts === 1 ? 'job started' : 'job continued')
    },
    progress(attempt, { rows, rates, requests, retries, waitedMs, wait, streams }) {
      const waiting = wait && {
        waitingFor: wait.waitingFor,
        ...(wait.until !== undefined && { waitingUntil: timeOf(wait.until) }),
      }
      const figures = { rows, rate: sumOf(rates), requests, retries, rateLimitSeconds: secondsOf(waitedMs) }
      logger.info({ ...idsOf(attempt), ...figures, ...waiting, cursors: cursorsOf(streams) }, 'job progress')
    },
    asked(attempt, status, ms, { method, path }) {
      logger.debug({ ...idsOf(attempt), method, path, status: status ?? 'none', ms: Math.round(ms) }, 'asked Intercom')
    },
  }
}

/** Logs the end of each job, whoever ends it. */
export function logEndedJobs(logger: Logger): EndObserver {
  return ({ jobId, connectionId, status, code, durationMs, rows, requests, waitedMs, attempts, skippedStreams }) => {
    const ids = { jobId, ...(connectionId !== undefined && { connectionId }) }
    const skipped = skippedStreams.length > 0 && { skippedStreams }
    const costs = { rows, seconds: secondsOf(durationMs), requests, rateLimitSeconds: secondsOf(waitedMs), attempts }
    logger[status === 'failed' ? 'warn' : 'info'](
      { ...ids, status, ...(code && { code }), ...costs, ...skipped },
      'job ended',
    )
  }
}

function idsOf({ jobId, connectionId, fence }: Attempt) {
  return { jobId, ...(connectionId !== undefined && { connectionId }), attempt: fence }
}

/** The cursor of each stream that has one, as a time. */
function cursorsOf(streams: readonly StreamProgress[]): Record<string, string> {
  return Object.fromEntries(
    streams.flatMap(({ streamName, cursor }) =>
      cursor === undefined ? [] : [[streamName, timeOf(cursor * 1000)] as const],
    ),
  )
}

function sumOf(rates: Readonly<Record<string, number>>): number {
  return Math.round(Object.values(rates).reduce((sum, rate) => sum + rate, 0) * 10) / 10
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString()
}

function secondsOf(ms: number): number {
  return Math.round(ms) / 1000
}
