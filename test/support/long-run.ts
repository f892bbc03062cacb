import { parseArgs } from 'node:util'
import type { Teardown } from './processes.ts'

/**
 * Reads the options of a script, all of which take an integer.
 *
 * @param usage printed when it is asked for, or when an option is no integer
 * @param usual the options, and their values when they are left out
 * @returns undefined when there is nothing to run; a wrong option sets the exit code 2
 */
export function readIntegers<Name extends string>(
  usage: string,
  usual: Readonly<Record<Name, number>>,
): Record<Name, number> | undefined {
  const names = Object.keys(usual) as Name[]
  const option = { type: 'string' } as const
  const { values } = parseArgs({
    options: { ...Object.fromEntries(names.map((name) => [name, option])), help: { type: 'boolean' } },
  })
  if (values.help) {
    process.stdout.write(usage)
    return undefined
  }
  const given: Record<string, unknown> = values
  const integers = names.map((name) => [name, Number(given[name] ?? usual[name])] as const)
  const wrong = integers.filter(([, value]) => !Number.isInteger(value)).map(([name]) => `--${name}`)
  if (wrong.length === 0) return Object.fromEntries(integers) as Record<Name, number>
  process.stderr.write(`${wrong.join(', ')}: takes an integer\n${usage}`)
  process.exitCode = 2
  return undefined
}

/** Runs something as a test would, and ends what it has started, in the opposite order. */
export async function runWithTeardown<Result>(run: (t: Teardown) => Promise<Result>): Promise<Result> {
  const closers: (() => unknown)[] = []
  try {
    return await run({ teardown: (close) => closers.unshift(close) })
  } finally {
    for (const close of closers) await close()
  }
}
