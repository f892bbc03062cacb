import type { Clock } from '../clock.ts'
import type { Inputs } from './input-files.ts'
import type { Output } from './output.ts'

/** What a command works with: its input, its output and the clock. */
export interface CommandContext {
  inputs: Inputs
  output: Output
  /** Writes a line of the process itself, which is no message. */
  note: (line: string) => void
  clock: Clock
  random: () => number
  /** Aborts when somebody wants the process to end, or when nobody reads its messages any more. */
  signal: AbortSignal
}

/**
 * Writes the messages of one command. Returns `failed` when these messages already report a failure.
 *
 * @throws an error to report in a TRACE ERROR; the signal's reason
 */
export type Command = (context: CommandContext) => Promise<'done' | 'failed'>

export function messageLine(message: object): string {
  return `${JSON.stringify(message)}\n`
}
