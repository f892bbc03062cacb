import type { Clock } from '../../clock.ts'
import { dueTimes } from '../../schedules/due-times.ts'
import { StoredDataError } from '../../stored/stored-data.ts'
import type { StoreClient } from '../keys.ts'
import { readLastSync } from './last-sync.ts'
import { isHeld, type ScheduleRecord, type SetSchedule } from './schedule-record.ts'
import { type ConnectionName, listScheduled, readScheduleRecord } from './scheduled-connections.ts'

/** A connection whose syncs have a schedule, and which is not paused. */
interface ScheduledFigures extends ConnectionName {
  /** Ms since the epoch; before the first success, when the schedule was set. */
  lastSuccessAt: number
  /** Due times since then, up to 100. */
  dueSinceSuccess: number
  failuresInARow: number
  skippedRuns: number
}

/** The schedules of all connections that are not paused. */
export interface ScheduleFigures {
  /** How many connections have one: of syncs, of full refreshes, or of both. */
  count: number
  /** Those that have figures of their own. */
  connections: ScheduledFigures[]
  /** How long the oldest due time has waited for somebody to see to it, ms. */
  lagMs: number
}

/** So many connections have figures of their own: each is a line of every scrape. */
const mostNamed = 1000
const mostDue = 100
/** So many records are requested at a time, so that Redis can serve others in between. */
const connectionsPerRead = 100

/** @throws CodedError `store_unavailable`, or the signal's reason */
export async function readScheduleFigures(
  redis: StoreClient,
  clock: Clock,
  signal: AbortSignal,
): Promise<ScheduleFigures> {
  const figures: ScheduleFigures = { count: 0, connections: [], lagMs: 0 }
  const connections = await listScheduled(redis)
  for (let from = 0; from < connections.length; from += connectionsPerRead) {
    signal.throwIfAborted()
    const some = connections.slice(from, from + connectionsPerRead)
    const read = await Promise.all(some.map((connection) => readIfSound(redis, connection, clock.now())))
    for (const [place, connection] of some.entries()) {
      const { record, lateMs } = read[place] ?? {}
      if (!record || lateMs === undefined) continue
      figures.count++
      figures.lagMs = Math.max(figures.lagMs, lateMs)
      if (record.sync && figures.connections.length < mostNamed)
        figures.connections.push(figuresOf(connection, record, record.sync, clock.now()))
    }
  }
  return figures
}

/** A connection that has a schedule and is not paused. */
interface Scheduled {
  record: ScheduleRecord
  /** How long its oldest due time waits for somebody to see to it. */
  lateMs: number
}

/** One damaged record must not hide the others. */
async function readIfSound(
  redis: StoreClient,
  connection: ConnectionName,
  now: number,
): Promise<Scheduled | undefined> {
  try {
    const record = await readScheduleRecord(redis, connection)
    if (!record || isHeld(record) || !(record.sync || record.refresh)) return undefined
    const syncMs = lateness(record.sync, now)
    const refreshMs = lateness(record.refresh, now)
    if (refreshMs <= syncMs) return { record, lateMs: syncMs }
    // A full refresh waits until no job of its connection is in its way: nobody is late then.
    const isInTurn = (await readLastSync(redis, record)) !== 'running'
    return { record, lateMs: isInTurn ? refreshMs : syncMs }
  } catch (error) {
    if (error instanceof StoredDataError) return undefined
    throw error
  }
}

/** How long the oldest due time that nobody has seen to has been due, ms; 0 without one. */
function lateness(set: SetSchedule | undefined, now: number): number {
  if (!set) return 0
  const [oldest = now] = dueTimes(set.schedule, set.setAt, set.lastDue)
  return Math.max(0, now - oldest)
}

function figuresOf(
  connection: ConnectionName,
  { lastSuccessAt, consecutiveFailures, skippedRuns }: ScheduleRecord,
  { schedule, setAt }: SetSchedule,
  now: number,
): ScheduledFigures {
  const since = lastSuccessAt ?? setAt
  let dueSinceSuccess = 0
  for (const time of dueTimes(schedule, setAt, since)) {
    if (time > now || dueSinceSuccess === mostDue) break
    dueSinceSuccess++
  }
  return {
    ...connection,
    lastSuccessAt: since,
    dueSinceSuccess,
    failuresInARow: consecutiveFailures,
    skippedRuns,
  }
}
