import { type DestinationStream, destination } from 'pino'
import { toTerminalLine } from './terminal-line.ts'

/**
 * Where the log of a process goes: stderr, as JSON lines, or in a form for people if it is a terminal. The listener may
 * have left: that must not end the process.
 */
export function openStderr(): DestinationStream {
  const stderr = destination({ dest: 2, sync: true })
  stderr.on('error', () => undefined)
  if (!process.stderr.isTTY) return stderr
  const inColour = process.stderr.hasColors()
  return { write: (line) => void stderr.write(toTerminalLine(line, inColour)) }
}
