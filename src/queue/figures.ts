import type { Clock } from '../clock.ts'
import type { Metrics } from '../metrics.ts'
import { type UnavailableReason, unavailabilityOf } from '../store/availability.ts'
import { readJobFigures, readMemoryFigures } from '../store/figures.ts'
import type { StoreClient } from '../store/keys.ts'
import { readScheduleFigures, type ScheduleFigures } from '../store/schedules/schedule-figures.ts'
import { readDeliveryFigures } from '../store/webhooks/delivery-figures.ts'
import { tryWriting } from '../store/write-trial.ts'
import type { SyncQueue } from './sync-queue.ts'

interface FigureDependencies {
  metrics: Metrics
  /** Fails fast. */
  redis: StoreClient
  queue: Pick<SyncQueue, 'count'>
  clock: Clock
  /** Whether only operators see the figures, so that connections may be named. @defaultValue false */
  namesConnections?: boolean
}

/** Longest wait of a scrape for Redis, ms: scrapers are usually given 10 s, and health checks less. */
const patienceMs = 1500

const statuses = ['pending', 'running', 'incomplete'] as const

/**
 * Adds figures about the data in Redis to every scrape. If Redis does not answer in time, they are left out, because an
 * old figure would be wrong.
 */
export function collectFigures(dependencies: FigureDependencies): void {
  const { metrics, redis, queue, clock, namesConnections = false } = dependencies
  metrics.collectWith(async () => {
    const [memory, jobs, schedules, deliveries, queued, refusal] = await Promise.all([
      inTime(clock, () => readMemoryFigures(redis)),
      inTime(clock, (signal) => readJobFigures(redis, clock, signal)),
      inTime(clock, (signal) => readScheduleFigures(redis, clock, signal)),
      inTime(clock, () => readDeliveryFigures(redis, clock)),
      inTime(clock, () => queue.count()),
      inTime(clock, () => whyRefused(redis), 'timeout'),
    ])
    // Where INFO is forbidden, nobody knows the memory of a Redis that is up.
    metrics.set('intercom_sync_redis_up', [{}, memory || jobs ? 1 : 0])
    metrics.set('intercom_sync_redis_refuses', ...(refusal ? [[{ reason: refusal }, 1] as const] : []))
    metrics.set('intercom_sync_redis_memory_used_bytes', ...samplesOf(memory?.used))
    metrics.set('intercom_sync_redis_memory_max_bytes', ...samplesOf(memory?.max))
    metrics.set('intercom_sync_jobs', ...(jobs ? statuses.map((status) => [{ status }, jobs[status]] as const) : []))
    metrics.set('intercom_sync_oldest_pending_job_age_seconds', ...samplesOf(jobs && jobs.oldestPendingMs / 1000))
    setScheduleFigures(metrics, schedules, namesConnections)
    metrics.set('intercom_sync_webhook_pending_deliveries', ...samplesOf(deliveries?.pending))
    metrics.set(
      'intercom_sync_webhook_oldest_pending_delivery_age_seconds',
      ...samplesOf(deliveries && deliveries.oldestPendingMs / 1000),
    )
    metrics.set('intercom_sync_webhook_failed_deliveries', ...samplesOf(deliveries?.failed))
    metrics.set('intercom_sync_unended_log_bytes', ...samplesOf(jobs?.logBytes))
    metrics.set('intercom_sync_largest_unended_log_bytes', ...samplesOf(jobs?.largestLogBytes))
    metrics.set(
      'intercom_sync_queue_jobs',
      ...Object.entries(queued ?? {}).map(([state, n]) => [{ state }, n] as const),
    )
  })
}

function setScheduleFigures(metrics: Metrics, figures: ScheduleFigures | undefined, namesConnections: boolean): void {
  metrics.set('intercom_sync_scheduled_connections', ...samplesOf(figures?.count))
  metrics.set('intercom_sync_schedule_lag_seconds', ...samplesOf(figures && figures.lagMs / 1000))
  if (!namesConnections) return
  const samples = (figureOf: (one: ScheduleFigures['connections'][number]) => number) =>
    (figures?.connections ?? []).map(
      (one) => [{ tenant: one.tenant, connection: one.connectionId }, figureOf(one)] as const,
    )
  metrics.set(
    'intercom_sync_connection_last_success_timestamp_seconds',
    ...samples(({ lastSuccessAt }) => lastSuccessAt / 1000),
  )
  metrics.set('intercom_sync_connection_due_since_success', ...samples(({ dueSinceSuccess }) => dueSinceSuccess))
  metrics.set('intercom_sync_connection_failures_in_a_row', ...samples(({ failuresInARow }) => failuresInARow))
  metrics.set('intercom_sync_connection_skipped_runs', ...samples(({ skippedRuns }) => skippedRuns))
}

/** A figure without labels; no sample when the figure is unknown. */
function samplesOf(value: number | undefined): (readonly [labels: Record<never, string>, value: number])[] {
  return value === undefined ? [] : [[{}, value]]
}

/** Why Redis does not take what a new job writes; undefined if it does. */
async function whyRefused(redis: StoreClient): Promise<UnavailableReason | undefined> {
  try {
    await tryWriting(redis)
    return undefined
  } catch (error) {
    return unavailabilityOf(error)
  }
}

/** The result of `read` if it comes within the time limit of a scrape, else `otherwise`. */
async function inTime<Result>(
  clock: Clock,
  read: (signal: AbortSignal) => Promise<Result>,
  otherwise?: Result,
): Promise<Result | undefined> {
  const over = new AbortController()
  const late = clock.sleep(patienceMs, over.signal).then(() => otherwise)
  try {
    return await Promise.race([read(over.signal), late])
  } catch {
    return undefined
  } finally {
    late.catch(() => undefined)
    over.abort()
  }
}
