import { clientCommands } from './client-commands.ts'
import type { CommandForm } from './command-form.ts'
import { serviceCommands } from './service-commands.ts'
import { tryOutCommands } from './try-out-commands.ts'

/** Every command, in the order of the help. */
export const commandForms = { ...serviceCommands, ...clientCommands, ...tryOutCommands } as const

export type CommandName = keyof typeof commandForms

export const commandNames = Object.keys(commandForms) as CommandName[]

/** The form of a command, without the details that only its own code needs. */
export function formOf(name: CommandName): CommandForm {
  return commandForms[name]
}
