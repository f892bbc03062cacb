import { type DestinationStream, type Logger, pino } from 'pino'
import { reportOf } from './error-report.ts'

/** The log of the process. From errors it takes only what `reportOf` takes, whichever library logs them. */
export function createLogger(level: string, destination: DestinationStream): Logger {
  return pino({ level, serializers: { err: (error: unknown) => reportOf(error) } }, destination)
}
