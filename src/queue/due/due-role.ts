import { UnrecoverableError, Worker } from 'bullmq'
import type { JobEnd } from '../../store/attempts/job-end.ts'
import type { ScheduledKind } from '../../store/schedules/schedule-record.ts'
import { listScheduled, readScheduleRecord } from '../../store/schedules/scheduled-connections.ts'
import { isValid } from '../../stored/stored-data.ts'
import {
  createDueQueue,
  type DueQueue,
  DueTick,
  dueQueueName,
  dueQueueOptions,
  nextDue,
  schedulerId,
} from './due-queue.ts'
import { type HandleDueDependencies, handleDue } from './handle-due.ts'

export interface DueRoleOptions extends HandleDueDependencies {
  onError: (error: unknown) => void
}

/** The part of a worker that starts the jobs of schedules. */
interface DueRole {
  /** A job has ended: a full refresh of its connection may have waited for it. */
  ended(job: Pick<JobEnd, 'tenant' | 'connectionId'>): void
  end(): Promise<void>
}

/** How often all schedules are looked over, ms. */
const reconcileMs = 15_000

/** Looks at a time, so that a slow one makes no other late. */
const looksAtATime = 20

export function startDueRole(options: DueRoleOptions): DueRole {
  const { redis, clock, onError } = options
  const queue = createDueQueue(redis, onError)
  const worker = new Worker(
    dueQueueName,
    async ({ data }) => {
      if (!isValid(DueTick, data)) throw new UnrecoverableError('the tick names no connection')
      await handleDue(options, data)
    },
    {
      ...dueQueueOptions(redis),
      concurrency: looksAtATime,
      lockDuration: 10_000,
      stalledInterval: 5000,
      // A worker that died has left the tick to others, however often that happens.
      maxStalledCount: 1_000_000_000,
    },
  )
  worker.on('error', onError)
  // The next tick, or the next time that all schedules are looked over, sees to what a failed look has left.
  worker.on('failed', (_job, error) => onError(error))
  const closing = new AbortController()
  const reconciling = (async () => {
    while (!closing.signal.aborted) {
      await reconcileSchedules(options, queue, closing.signal).catch(onError)
      await clock.sleep(reconcileMs, closing.signal).catch(() => undefined)
    }
  })()
  const looks = new Set<Promise<void>>()
  return {
    ended({ tenant, connectionId }) {
      if (connectionId === undefined) return
      const looking = handleDue(options, { tenant, connectionId })
        .catch(onError)
        .finally(() => looks.delete(looking))
      looks.add(looking)
    },
    async end() {
      closing.abort()
      await worker.close()
      await Promise.all([reconciling, ...looks])
      await queue.close()
    },
  }
}

/**
 * Mends what a crash, or a Redis that has gone back in time, has left between the records of connections and BullMQ's
 * schedulers, and looks at what is overdue. Several processes may do it at once.
 */
export async function reconcileSchedules(options: DueRoleOptions, queue: DueQueue, signal: AbortSignal): Promise<void> {
  const { redis, clock, onError } = options
  const ticks = await queue.listTicks()
  for (const connection of await listScheduled(redis)) {
    if (signal.aborted) return
    try {
      const record = await readScheduleRecord(redis, connection)
      const isFollowed = (kind: ScheduledKind) =>
        ticks.get(schedulerId(connection, kind)) === nextDue(record, kind, clock.now())
      if (!isFollowed('sync') || !isFollowed('refresh')) await queue.mend(connection)
      await handleDue(options, connection)
    } catch (error) {
      onError(error)
    }
  }
}
