import { destination, type Logger } from 'pino'
import { createLogger } from '../logger.ts'

/** The process's own log, on stderr, because stdout is for messages. */
export function openLog(): Logger {
  const stderr = destination({ dest: 2, sync: true })
  // The listener may have left, and that must not end a sync.
  stderr.on('error', () => undefined)
  return createLogger('info', stderr)
}
