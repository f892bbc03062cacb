import { parseArgs } from 'node:util'

/** Airbyte's commands, and the files that each one takes. */
const commands = {
  spec: { required: [], optional: [] },
  check: { required: ['config'], optional: [] },
  discover: { required: ['config'], optional: [] },
  read: { required: ['config', 'catalog'], optional: ['state'] },
} as const satisfies Record<string, { required: readonly InputName[]; optional: readonly InputName[] }>

export type CommandName = keyof typeof commands
export type InputName = 'config' | 'catalog' | 'state'

/** Paths of the files that a command is given. */
export type InputPaths = Partial<Record<InputName, string>>

/** The command line is not one of Airbyte's; the message lists those. */
export class UsageError extends Error {
  override name = 'UsageError'
}

/** @throws UsageError */
export function readArguments(command: CommandName, args: string[]): InputPaths {
  const { required, optional } = commands[command]
  const names: readonly InputName[] = [...required, ...optional]
  // Airbyte's own connectors all take --debug, so platforms may send it. We have no further details to print.
  const options = Object.fromEntries([
    ...names.map((name) => [name, { type: 'string' }] as const),
    ['debug', { type: 'boolean' }] as const,
  ])
  const paths = parse(command, args, options)
  const missing = required.filter((name) => !paths[name]).map((name) => `--${name}`)
  if (missing.length > 0) throw usageError(command, `${missing.join(' and ')} must name a file`)
  return paths
}

function parse(command: CommandName, args: string[], options: Record<string, { type: 'string' | 'boolean' }>) {
  try {
    return parseArgs({ args, options }).values as InputPaths
  } catch (error) {
    throw usageError(command, error instanceof Error ? error.message : String(error))
  }
}

function usageError(command: CommandName, problem: string): UsageError {
  const { required, optional } = commands[command]
  const flags = [...required.map((name) => ` --${name} FILE`), ...optional.map((name) => ` [--${name} FILE]`)]
  return new UsageError(`${problem}\nusage: intercom-sync ${command}${flags.join('')}`)
}
