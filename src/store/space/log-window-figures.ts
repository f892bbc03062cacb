import { storeAnswer } from '../availability.ts'
import type { StoreClient } from '../keys.ts'

/** What the logs hold in Redis. */
interface LogWindowFigures {
  /** Bytes of all of them. */
  total: number
  /** Oldest job first. */
  windows: { jobId: number; bytes: number }[]
}

/** Smaller logs are not counted: there may be very many of them. */
const leastBytes = 64 * 1024

/** Notes how many bytes of a job's log are in Redis. The figure decides nothing about that log, so it may be late. */
export function noteLogWindow(redis: StoreClient, jobId: number, bytes: number): void {
  const noted =
    bytes < leastBytes
      ? redis.zrem(redis.keyspace.logWindows, jobId)
      : redis.zadd(redis.keyspace.logWindows, bytes, jobId)
  noted.catch(() => undefined)
}

/** @throws CodedError `store_unavailable` */
export async function readLogWindows(redis: StoreClient): Promise<LogWindowFigures> {
  const members = await storeAnswer(redis.zrange(redis.keyspace.logWindows, '0', '-1', 'WITHSCORES'))
  const windows: LogWindowFigures['windows'] = []
  for (let place = 0; place + 1 < members.length; place += 2)
    windows.push({ jobId: Number(members[place]), bytes: Number(members[place + 1]) })
  const total = windows.reduce((sum, { bytes }) => sum + bytes, 0)
  return { total, windows: windows.toSorted((one, other) => one.jobId - other.jobId) }
}
