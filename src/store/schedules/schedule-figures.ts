import type { Clock } from '../../clock.ts'
import { dueTimes } from '../../schedules/due-times.ts'
import { StoredDataError } from '../../stored/stored-data.ts'
import type { StoreClient } from '../keys.ts'
import { isHeld, type ScheduleRecord } from './schedule-record.ts'
import { type ConnectionName, listScheduled, readScheduleRecord } from './scheduled-connections.ts'

/** A connection that syncs by itself and is not paused. */
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
  connections: ScheduledFigures[]
  /** How long the oldest due time has waited for somebody to see to it, ms. */
  lagMs: number
}

/** So many connections have figures of their own: each is a line of every scrape. */
const mostConnections = 1000
const mostDue = 100
/** So many records are requested at a time, so that Redis can serve others in between. */
const connectionsPerRead = 100

/** @throws CodedError `store_unavailable`, or the signal's reason */
export async function readScheduleFigures(
  redis: StoreClient,
  clock: Clock,
  signal: AbortSignal,
): Promise<ScheduleFigures> {
  const figures: ScheduleFigures = { connections: [], lagMs: 0 }
  const connections = (await listScheduled(redis)).slice(0, mostConnections)
  for (let from = 0; from < connections.length; from += connectionsPerRead) {
    signal.throwIfAborted()
    const some = connections.slice(from, from + connectionsPerRead)
    const records = await Promise.all(some.map((connection) => readIfSound(redis, connection)))
    for (const [place, connection] of some.entries()) {
      const record = records[place]
      if (record?.sync && !isHeld(record)) note(figures, connection, record, record.sync, clock.now())
    }
  }
  return figures
}

/** One damaged record must not hide the others. */
async function readIfSound(redis: StoreClient, connection: ConnectionName): Promise<ScheduleRecord | undefined> {
  try {
    return await readScheduleRecord(redis, connection)
  } catch (error) {
    if (error instanceof StoredDataError) return undefined
    throw error
  }
}

function note(
  figures: ScheduleFigures,
  connection: ConnectionName,
  record: ScheduleRecord,
  { schedule, setAt, lastDue }: NonNullable<ScheduleRecord['sync']>,
  now: number,
): void {
  const { lastSuccessAt = setAt, consecutiveFailures, skippedRuns } = record
  let dueSinceSuccess = 0
  for (const time of dueTimes(schedule, setAt, lastSuccessAt)) {
    if (time > now || dueSinceSuccess === mostDue) break
    dueSinceSuccess++
  }
  const [oldest = now] = dueTimes(schedule, setAt, lastDue)
  figures.lagMs = Math.max(figures.lagMs, now - oldest)
  figures.connections.push({
    ...connection,
    lastSuccessAt,
    dueSinceSuccess,
    failuresInARow: consecutiveFailures,
    skippedRuns,
  })
}
