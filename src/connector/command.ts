import type { Clock } from '../clock.ts'
import type { Inputs } from './input-files.ts'
import type { Output } from './output.ts'

/** What a command works with. */
export interface CommandContext {
  inputs: Inputs
  output: Output
  clock: Clock
  random: () => number
  /** Aborts when somebody wants the process to end, or nobody reads its messages any more. */
  signal: AbortSignal
}

/**
 * Writes the messages of one command; `failed` when they tell of a failure themselves.
 *
 * @throws what is to be told in a TRACE ERROR; the signal's reason
 */
export type Command = (context: CommandContext) => Promise<'done' | 'failed'>

export function messageLine(message: object): string {
  return `${JSON.stringify(message)}\n`
}
