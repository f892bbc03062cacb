import type { Logger } from 'pino'
import { openStderr } from '../log/stderr.ts'
import { createLogger } from '../logger.ts'

/** The process's own log, on stderr, because stdout is for messages. */
export function openLog(): Logger {
  return createLogger('info', openStderr())
}
