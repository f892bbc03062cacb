import { type DestinationStream, destination } from 'pino'
import { toTerminalLine } from './terminal-line.ts'

/** Where the log of a process goes: stderr. The listener may have left: that must not end the process. */
export function openStderr(): DestinationStream {
  const stderr = destination({ dest: 2, sync: true })
  stderr.on('error', () => undefined)
  return { write: (line) => void stderr.write(toStderrLine(line)) }
}

/** A line of the log in the form that suits stderr: for people if it is a terminal, else JSON as it is. */
export function toStderrLine(line: string): string {
  return process.stderr.isTTY ? toTerminalLine(line, process.stderr.hasColors()) : line
}
