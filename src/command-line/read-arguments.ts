import { parseArgs } from 'node:util'
import type { OptionForm } from './command-form.ts'
import { type CommandName, type commandForms, formOf } from './commands.ts'
import { usageLine } from './help.ts'
import { nearestName } from './nearest-name.ts'
import { UsageError } from './usage-error.ts'

/** The options of a command as they were given, by name. */
export type OptionsOf<Name extends CommandName> = (typeof commandForms)[Name] extends { options: infer Options }
  ? { [Option in keyof Options]?: ValueOf<Options[Option]> }
  : Record<never, never>

type ValueOf<Option> = Option extends { value: string }
  ? Option extends { isList: true }
    ? string[]
    : string
  : boolean

/** What stands on a command's line. */
export interface Arguments<Name extends CommandName> {
  options: OptionsOf<Name>
  /** As many as the form of the command names. */
  operands: string[]
}

/** Reads what stands behind the name of a command. @throws UsageError */
export function readArguments<Name extends CommandName>(name: Name, args: readonly string[]): Arguments<Name> {
  const { options = {}, operands = [] } = formOf(name)
  refuseUnknown(name, args, options)
  const { values, positionals } = parse(name, args, options)
  const missing = Object.entries(options).filter(([option, { isRequired }]) => isRequired && !values[option])
  if (missing.length > 0) {
    const demand = missing.every(([, { value }]) => value === 'FILE') ? 'must name a file' : 'must be given'
    throw usageError(name, `${missing.map(([option]) => `--${option}`).join(' and ')} ${demand}`)
  }
  const more = positionals[operands.length]
  if (more !== undefined) throw usageError(name, `Unexpected argument '${more}'`)
  const absent = operands.slice(positionals.length)
  if (absent.length > 0) throw usageError(name, `${absent.join(' and ')} must be given`)
  return { options: values as OptionsOf<Name>, operands: positionals }
}

/** A wrong command line, with the usage of its command. */
export function usageError(name: CommandName, problem: string): UsageError {
  return new UsageError(`${problem}\nusage: ${usageLine(name)}`)
}

/** The number that stands for an option or an operand; undefined when it is left out. @throws UsageError */
export function readCount(name: CommandName, what: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (!/^\d{1,15}$/.test(text)) throw usageError(name, `${what} must be a whole number, not "${text}"`)
  return Number(text)
}

type Options = Readonly<Record<string, OptionForm>>

/** Without strictness Node lists every option, known or not, so that we can name the one that was meant. */
function refuseUnknown(name: CommandName, args: readonly string[], options: Options): void {
  const { tokens } = parseArgs({ args: [...args], options: toNode(options), strict: false, tokens: true })
  for (const token of tokens) {
    if (token.kind !== 'option' || Object.hasOwn(options, token.name)) continue
    const nearest = nearestName(token.name, Object.keys(options))
    const hint = nearest === undefined ? '' : `; did you mean --${nearest}?`
    throw usageError(name, `Unknown option '${token.rawName}'${hint}`)
  }
}

function parse(name: CommandName, args: readonly string[], options: Options) {
  try {
    return parseArgs({ args: [...args], options: toNode(options), allowPositionals: true })
  } catch (error) {
    throw usageError(name, error instanceof Error ? error.message : String(error))
  }
}

function toNode(options: Options) {
  return Object.fromEntries(
    Object.entries(options).map(([option, { value, isList = false }]) => [
      option,
      { type: value === undefined ? ('boolean' as const) : ('string' as const), multiple: isList },
    ]),
  )
}
