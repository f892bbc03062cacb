import type { OptionForm } from './command-form.ts'
import { type CommandName, commandNames, formOf } from './commands.ts'
import { variables } from './variables.ts'

const program = 'intercom-sync'
/** Where the second column begins. */
const indent = 30
const widest = 100

/** The groups of commands in the overview, each with the commands that it begins with. */
const groups: readonly (readonly [title: string, first: CommandName])[] = [
  ['The service', 'serve'],
  ["Airbyte's connector interface, without a service; messages on stdout, progress on stderr", 'spec'],
  ['Ask a service', 'jobs run'],
  ['Try it out', 'demo'],
]

const whichJob = 'JOB is the number that "jobs run" and "jobs list" print.'

/** With more options than this, a line of usage would be longer than what it explains. */
const mostInLine = 7

/** One line: the command with all that may stand behind it, if that is not too much. */
export function usageLine(name: CommandName): string {
  const { operands = [], options = {} } = formOf(name)
  if (Object.keys(options).length <= mostInLine) return usageParts(name).join(' ')
  return [program, name, ...operands, '[options]; --help lists them'].join(' ')
}

function usageParts(name: CommandName): string[] {
  const { operands = [], options = {} } = formOf(name)
  return [program, name, ...operands, ...Object.entries(options).map(([option, form]) => flagOf(option, form))]
}

/** The help of a command. */
export function commandHelp(name: CommandName): string {
  const { summary, options = {}, notes = [], example, variables: names = [] } = formOf(name)
  const rows = Object.entries(options).map(([option, { value, summary }]) =>
    row(`--${option}${value === undefined ? '' : ` ${value}`}`, summary),
  )
  const takesFiles = Object.values(options).some(({ value }) => value === 'FILE') || takesFile(name)
  const hints = [
    ...notes,
    ...(takesJob(name) ? [whichJob] : []),
    ...(takesFiles ? ['A FILE may be -, which is stdin.'] : []),
  ]
  return [
    ...foldWords(['usage:', ...usageParts(name)], '         '),
    '',
    ...fold(`${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`, ''),
    ...section('options', rows.flat()),
    ...(hints.length > 0 ? ['', ...hints.flatMap((hint) => fold(hint, ''))] : []),
    ...section(
      'environment',
      names.flatMap((variable) => row(variable, variables[variable])),
    ),
    ...section('example', [`  ${program} ${example}`]),
    '',
  ].join('\n')
}

/** The help of the program. */
export function overview(): string {
  const listed = groups.flatMap(([title, first], place) => {
    const next = groups[place + 1]?.[1]
    const members = commandNames.slice(
      commandNames.indexOf(first),
      next === undefined ? undefined : commandNames.indexOf(next),
    )
    return ['', `${title}:`, ...members.flatMap((name) => row(briefly(name), formOf(name).summary))]
  })
  return [
    `usage: ${program} <command>`,
    ...listed,
    '',
    `"${program} <command> --help" shows options, environment and an example; --version the version.`,
    '',
  ].join('\n')
}

/** The help of the commands that share their first word. */
export function groupHelp(group: string): string {
  const members = commandNames.filter((name) => name.startsWith(`${group} `))
  return [
    `usage: ${program} ${group} <command>`,
    '',
    ...members.flatMap((name) => row(briefly(name), formOf(name).summary)),
    '',
  ].join('\n')
}

/** The command with what cannot be left out; the rest is in its own help. */
function briefly(name: CommandName): string {
  const { operands = [], options = {}, shown = [] } = formOf(name)
  const flags = Object.entries(options).filter(([option, { isRequired }]) => isRequired || shown.includes(option))
  return [name, ...operands, ...flags.map(([option, form]) => flagOf(option, form))].join(' ')
}

function flagOf(option: string, { value, isRequired, isList }: OptionForm): string {
  const flag = `--${option}${value === undefined ? '' : ` ${value}`}`
  return isRequired ? flag : `[${flag}]${isList ? '...' : ''}`
}

function takesFile(name: CommandName): boolean {
  return formOf(name).operands?.includes('FILE') ?? false
}

function takesJob(name: CommandName): boolean {
  return formOf(name).operands?.includes('JOB') ?? false
}

function section(title: string, rows: readonly string[]): string[] {
  return rows.length === 0 ? [] : ['', `${title}:`, ...rows]
}

function row(left: string, right: string): string[] {
  const start = `  ${left}`
  const isLong = start.length > indent - 2
  const [first = '', ...rest] = fold(right, ' '.repeat(indent), indent)
  return isLong ? [start, `${' '.repeat(indent)}${first}`, ...rest] : [`${start.padEnd(indent)}${first}`, ...rest]
}

/** Breaks a text into lines; all but the first begin with `margin`, and the first leaves room for `taken` columns. */
function fold(text: string, margin: string, taken = 0): string[] {
  return foldWords(text.split(' '), margin, taken)
}

function foldWords(words: readonly string[], margin: string, taken = 0): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of words) {
    const room = widest - (lines.length === 0 ? taken : 0)
    const longer = line === '' || line === margin ? `${line}${word}` : `${line} ${word}`
    if (longer.length <= room || line === '' || line === margin) line = longer
    else {
      lines.push(line)
      line = `${margin}${word}`
    }
  }
  return [...lines, line]
}
