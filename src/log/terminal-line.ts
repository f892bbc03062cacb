import { isObject, parseJson } from '../json-object.ts'

/** Pino's levels as people read them. */
const levels = new Map([
  [10, 'TRACE'],
  [20, 'DEBUG'],
  [30, 'INFO'],
  [40, 'WARN'],
  [50, 'ERROR'],
  [60, 'FATAL'],
])
/** Members of every line that tell people at a terminal nothing. */
const hidden = ['level', 'time', 'msg', 'pid', 'hostname']

/**
 * A line of the log for people at a terminal: `12:00:00 INFO  job started  jobId=7 attempt=1`. Stacks follow on lines of
 * their own. What is not a line of the log stays as it is.
 */
export function toTerminalLine(json: string, inColour: boolean): string {
  const entry = parseJson(json)
  if (!isObject(entry)) return json
  const level = Number(entry.level)
  const name = (levels.get(level) ?? String(entry.level)).padEnd(5)
  const stacks: string[] = []
  const members = Object.entries(entry).flatMap(([member, value]) =>
    hidden.includes(member) ? [] : [`${member}=${show(value, stacks)}`],
  )
  const words = [timeOf(entry.time), inColour ? coloured(level, name) : name, printable(String(entry.msg ?? ''))]
  const line = [...words.filter((word) => word !== ''), ...(members.length > 0 ? [` ${members.join(' ')}`] : [])]
  return [line.join(' '), ...stacks].join('\n').concat('\n')
}

/** Local time of day: whoever looks at the terminal sits beside it. */
function timeOf(time: unknown): string {
  const date = new Date(Number(time))
  if (Number.isNaN(date.getTime())) return ''
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => String(part).padStart(2, '0')).join(':')
}

function coloured(level: number, name: string): string {
  if (level >= 50) return `\u001b[31m${name}\u001b[39m`
  return level >= 40 ? `\u001b[33m${name}\u001b[39m` : name
}

/** A value on one line; the stacks in it are set aside. */
function show(value: unknown, stacks: string[]): string {
  if (typeof value === 'string') return /^[\w.:/+-]+$/.test(value) ? value : JSON.stringify(printable(value))
  if (!isObject(value)) return JSON.stringify(value) ?? 'undefined'
  const { stack, ...rest } = value
  if (typeof stack === 'string') stacks.push(...stack.split('\n').map((line) => `    ${printable(line).trim()}`))
  return JSON.stringify(rest)
}

/** Without control characters: somebody else's text must not steer the terminal. */
function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, ' ')
}
