import type { Logger } from 'pino'
import type { Clock } from '../clock.ts'
import { reportOf } from '../error-report.ts'

/**
 * Logs the errors of clients and the queue. While Redis is down they come many times a second, so each text is logged
 * once in 10 s.
 */
export function createRedisErrorLog(logger: Logger, clock: Clock): (error: unknown) => void {
  const toldAt = new Map<string, number>()
  return (error) => {
    const report = reportOf(error)
    const last = toldAt.get(report.message) ?? Number.NEGATIVE_INFINITY
    if (clock.monotonic() - last < 10_000) return
    if (toldAt.size > 100) toldAt.clear()
    toldAt.set(report.message, clock.monotonic())
    logger.warn({ error: report }, 'queue or Redis')
  }
}
