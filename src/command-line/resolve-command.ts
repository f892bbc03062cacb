import { readFileSync } from 'node:fs'
import { type CommandName, commandNames } from './commands.ts'
import { exitCodes } from './exit-code.ts'
import { commandHelp, groupHelp, overview } from './help.ts'
import { nearestName } from './nearest-name.ts'

/** What a command line asks for: a command to run, or a text to print before the process ends. */
type Resolved =
  | { command: CommandName; args: string[] }
  | { text: string; exitCode: typeof exitCodes.done | typeof exitCodes.usage }

/** Finds the command that is meant, and answers requests for help and version. Loads none of the commands. */
export function resolveCommand(args: readonly string[]): Resolved {
  const [first, ...rest] = args
  if (first === undefined) return { text: overview(), exitCode: exitCodes.usage }
  if (first === '--version' || first === 'version') return { text: `${readVersion()}\n`, exitCode: exitCodes.done }
  if (first === '--help' || first === '-h') return { text: overview(), exitCode: exitCodes.done }
  if (first === 'help') return rest.length === 0 ? resolveCommand(['--help']) : resolveCommand([...rest, '--help'])
  const groups = new Set(commandNames.filter((name) => name.includes(' ')).map((name) => name.split(' ')[0] ?? ''))
  return groups.has(first) ? resolveMember(first, rest) : resolveSingle(first, rest)
}

function resolveSingle(word: string, args: string[]): Resolved {
  const name = commandNames.find((known) => known === word)
  if (name !== undefined) return asksForHelp(args) ? helpOf(name) : { command: name, args }
  const firstWords = [...new Set(commandNames.map((known) => known.split(' ')[0] ?? ''))]
  return unknownCommand(word, nearestName(word, firstWords), overview())
}

function resolveMember(group: string, [word, ...args]: string[]): Resolved {
  const name = commandNames.find((known) => known === `${group} ${word}`)
  if (name !== undefined) return asksForHelp(args) ? helpOf(name) : { command: name, args }
  if (word === undefined) return { text: groupHelp(group), exitCode: exitCodes.usage }
  if (asksForHelp([word])) return { text: groupHelp(group), exitCode: exitCodes.done }
  const members = commandNames.flatMap((known) => (known.startsWith(`${group} `) ? [known.split(' ')[1] ?? ''] : []))
  const nearest = nearestName(word, members)
  return unknownCommand(`${group} ${word}`, nearest && `${group} ${nearest}`, groupHelp(group))
}

function unknownCommand(given: string, nearest: string | undefined, usage: string): Resolved {
  const hint = nearest === undefined ? '' : `; did you mean "${nearest}"?`
  return { text: `intercom-sync: there is no command "${given}"${hint}\n\n${usage}`, exitCode: exitCodes.usage }
}

const helpOf = (name: CommandName): Resolved => ({ text: commandHelp(name), exitCode: exitCodes.done })

/** What stands behind `--` is never an option. */
function asksForHelp(args: readonly string[]): boolean {
  const end = args.indexOf('--')
  return args.slice(0, end === -1 ? undefined : end).some((arg) => arg === '--help' || arg === '-h')
}

/** That of the package, which lies three folders above the compiled file. */
function readVersion(): string {
  const manifest = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(manifest) as { version: string }).version
}
