import type { Logger } from 'pino'
import { toStderrLine } from '../log/stderr.ts'
import { createLogger } from '../logger.ts'

/** The process's own log. @param note gets each line, because stdout is for messages and stderr may show bars */
export function openLog(note: (line: string) => void): Logger {
  return createLogger('info', { write: (line: string) => note(toStderrLine(line).trimEnd()) })
}
