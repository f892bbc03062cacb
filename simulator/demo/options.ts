import { readArguments, usageError } from '../../src/command-line/read-arguments.ts'
import { type SimulatorOptions, withDefaults } from '../options.ts'

/** The demo's options. */
export interface DemoOptions {
  /** How large the simulated workspace is. */
  workspace: Required<SimulatorOptions>
  /** Whether everything keeps running at the end, until Ctrl-C. */
  keep: boolean
}

const most = 1_000_000

/** @throws UsageError */
export function parseOptions(args: string[]): DemoOptions {
  const { contacts: text = '10000', keep = false } = readArguments('demo', args).options
  const contacts = /^\d{1,7}$/.test(text) ? Number(text) : Number.NaN
  if (!(contacts >= 1 && contacts <= most)) {
    throw usageError('demo', `--contacts is "${text}"; give a whole number from 1 to ${most}`)
  }
  const tenth = Math.ceil(contacts / 10)
  const sizes = { conversations: tenth, companies: tenth, tickets: Math.ceil(tenth / 2), activityLogs: tenth }
  // Intercom is asked about a deleted company a second time, 10 s later. A demo has nothing else to do meanwhile.
  return { keep, workspace: withDefaults({ contacts, ...sizes, deletedCompanies: false }) }
}
