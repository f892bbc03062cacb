import type { Clock } from '../../clock.ts'
import { CodedError } from '../../errors.ts'
import { dueBetween } from '../../schedules/due-times.ts'
import type { ConnectionStore } from '../../store/connections/connection-store.ts'
import { jobOfConnection, refreshOfConnection } from '../../store/jobs/connection-job.ts'
import { ConnectionChangedError, type DueTime, type JobStore } from '../../store/jobs/job-store.ts'
import type { StoreClient } from '../../store/keys.ts'
import { readLastSync } from '../../store/schedules/last-sync.ts'
import { isHeld, type ScheduledKind, type ScheduleRecord } from '../../store/schedules/schedule-record.ts'
import { type ConnectionName, readScheduleRecord, skipDue } from '../../store/schedules/scheduled-connections.ts'

/** What became of due times, for the log. */
type DueEvent = 'started' | 'skipped' | 'untaken' | 'clock_was_ahead'

/** Why due times have no job. */
type SkipReason = 'busy' | 'back_off' | 'waiting_for_acknowledgement' | 'too_many' | 'no_streams'

export interface HandleDueDependencies {
  redis: StoreClient
  clock: Clock
  jobs: Pick<JobStore, 'create'>
  connections: Pick<ConnectionStore, 'readStart'>
  /** Is told what a look has done. @defaultValue nobody is */
  onDue?: (
    event: DueEvent,
    about: ConnectionName & { kind: ScheduledKind; jobId?: number; reason?: SkipReason; count?: number },
  ) => void
}

/** Clocks of processes differ by less. A due time that is further ahead was seen to by one whose clock was wrong. */
const mostAheadMs = 25 * 3_600_000

/**
 * Sees to everything that a connection has due: starts a job for the latest due time and counts the others as skipped.
 * Any number of processes may look at one connection at the same time, as often as they like: each due time is seen to
 * once, by the script that notes it in the connection's record.
 *
 * @throws CodedError what creating a job throws; the due times are then still due
 */
export async function handleDue(dependencies: HandleDueDependencies, connection: ConnectionName): Promise<void> {
  for (const kind of ['sync', 'refresh'] as const)
    while (await handleKind(dependencies, connection, kind)) {
      // Something has changed meanwhile, or more is due than one step sees to.
    }
}

/** @returns whether to look again */
async function handleKind(
  dependencies: HandleDueDependencies,
  connection: ConnectionName,
  kind: ScheduledKind,
): Promise<boolean> {
  const { redis, clock, onDue = () => undefined } = dependencies
  const record = await readScheduleRecord(redis, connection)
  const set = record?.[kind]
  if (!record || !set || isHeld(record)) return false
  const now = clock.now()
  const { schedule, setAt, lastDue: after } = set
  const over = (dueAt: number, count: number, reason: SkipReason | '') =>
    skipDue(redis, connection, { kind, after, dueAt, count, reason, now })
  if (after - now > mostAheadMs) {
    if (await over(now, 0, '')) onDue('clock_was_ahead', { ...connection, kind })
    return true
  }
  const { count, latest, isWhole } = dueBetween(schedule, setAt, after, now)
  if (count === 0) return false
  const skip = async (reason: SkipReason) => {
    if (await over(latest, count, reason)) onDue('skipped', { ...connection, kind, reason, count })
    return true
  }
  if (!isWhole) return skip('too_many')
  const due = { kind, dueAt: latest, after, missed: count - 1 }
  if (kind === 'refresh') return startRefresh(dependencies, connection, record, due, skip)
  if (record.notBefore > now) return skip('back_off')
  const lastSync = await readLastSync(redis, record)
  if (lastSync === 'running') return skip('busy')
  const isClients = record.ack === 'client'
  if (lastSync === 'waiting' && isClients) return skip('waiting_for_acknowledgement')
  const isUntaken = lastSync === 'gone' && isClients
  const outcome = await start(dependencies, connection, { ...due, isUntaken })
  if (outcome === 'busy' || outcome === 'no_streams') return skip(outcome)
  if (outcome === 'started' && isUntaken) onDue('untaken', { ...connection, kind })
  return outcome === 'again'
}

/** A full refresh waits until the connection is free: whatever ends its job looks again. */
async function startRefresh(
  dependencies: HandleDueDependencies,
  connection: ConnectionName,
  { refresh }: ScheduleRecord,
  due: Omit<DueTime, 'isUntaken'>,
  skip: (reason: SkipReason) => Promise<boolean>,
): Promise<boolean> {
  const outcome = await start(dependencies, connection, { ...due, isUntaken: false }, refresh?.streams)
  return outcome === 'no_streams' ? skip('no_streams') : outcome === 'again'
}

/** @param refreshed the streams of a full refresh; undefined for a sync */
async function start(
  { jobs, connections, onDue }: HandleDueDependencies,
  connection: ConnectionName,
  due: DueTime,
  refreshed?: readonly string[],
): Promise<'started' | 'busy' | 'again' | 'no_streams'> {
  const { tenant, connectionId } = connection
  try {
    const begin = await connections.readStart(tenant, connectionId)
    const job = refreshed
      ? refreshOfConnection(begin, connectionId, refreshed)
      : jobOfConnection(begin, { connectionId })
    if (job.request.catalog.streams.length === 0) return 'no_streams'
    const { jobId } = await jobs.create({ tenant, ...job, due })
    onDue?.('started', { ...connection, kind: due.kind, jobId, count: due.missed })
    return 'started'
  } catch (error) {
    if (error instanceof ConnectionChangedError) return 'again'
    if (error instanceof CodedError && error.code === 'connection_busy') return 'busy'
    throw error
  }
}
