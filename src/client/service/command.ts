import type { Clock } from '../../clock.ts'
import type { ClientCommandName } from '../../command-line/client-commands.ts'
import type { ExitCode } from '../../command-line/exit-code.ts'
import type { Arguments } from '../../command-line/read-arguments.ts'
import type { InputPaths } from '../../connector/input-files.ts'
import type { Output } from '../../connector/output.ts'
import type { CommandSettings } from './settings.ts'

/** What a command that asks a service works with. */
export interface ClientContext<Name extends ClientCommandName> extends Arguments<Name> {
  /** stdout. */
  output: Output
  /** Where progress is shown. */
  stderr: NodeJS.WriteStream
  /** Writes a line to stderr. */
  note: (line: string) => void
  settings: CommandSettings
  /** The command fills in the files that it reads, so that errors name them. */
  paths: InputPaths
  clock: Clock
  random: () => number
  /** Aborts when somebody wants the process to end, or when nobody reads its output any more. */
  signal: AbortSignal
}

/** @throws UsageError; CodedError; the signal's reason */
export type ClientCommand<Name extends ClientCommandName> = (context: ClientContext<Name>) => Promise<ExitCode>
