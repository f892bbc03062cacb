import { destination, type Logger } from 'pino'
import { createLogger } from '../logger.ts'

/** The process's own log: on stderr, as stdout is for messages. */
export function openLog(): Logger {
  const stderr = destination({ dest: 2, sync: true })
  // Nobody may be listening there any more, and that must not end a sync.
  stderr.on('error', () => undefined)
  return createLogger('info', stderr)
}
