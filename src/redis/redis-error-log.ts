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
    const { stack, ...report } = reportOf(error)
    const last = toldAt.get(report.message) ?? Number.NEGATIVE_INFINITY
    if (clock.monotonic() - last < 10_000) return
    if (toldAt.size > 100) toldAt.clear()
    toldAt.set(report.message, clock.monotonic())
    logger.warn({ error: isOfRedis(error) ? report : { ...report, stack } }, 'queue or Redis')
  }
}

const saidOfRedis = /timed out|timeout|Connection is closed|Stream isn't writeable|max retries per request/i

/** Whether Redis, or the way to it, is the cause: where in the code that was noticed tells nobody anything. */
function isOfRedis(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const isOfSystem = 'syscall' in error
  return isOfSystem || error.name === 'ReplyError' || saidOfRedis.test(error.message)
}
