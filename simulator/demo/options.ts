import { parseArgs } from 'node:util'
import { type SimulatorOptions, withDefaults } from '../options.ts'

/** The demo's options. */
export interface DemoOptions {
  /** How large the simulated workspace is. */
  workspace: Required<SimulatorOptions>
  /** Whether everything keeps running at the end, until Ctrl-C. */
  keep: boolean
}

/** The arguments are wrong; the message says why. */
export class UsageError extends Error {
  override name = 'UsageError'
}

export const usage = `usage: intercom-sync demo [--contacts N] [--keep]

  --contacts N   contacts of the simulated Intercom, 10000 unless told; a tenth as many
                 conversations, companies and log entries, and half of that tickets
  --keep         leave everything running at the end, until Ctrl-C`

const most = 1_000_000

/** `undefined` when the user asked for the usage. @throws UsageError */
export function parseOptions(args: string[]): DemoOptions | undefined {
  const { contacts: text, keep, help } = parseFlags(args)
  if (help) return undefined
  const contacts = /^\d{1,7}$/.test(text) ? Number(text) : Number.NaN
  if (!(contacts >= 1 && contacts <= most)) {
    throw new UsageError(`--contacts is "${text}"; give a whole number from 1 to ${most}`)
  }
  const tenth = Math.ceil(contacts / 10)
  const sizes = { conversations: tenth, companies: tenth, tickets: Math.ceil(tenth / 2), activityLogs: tenth }
  return { keep, workspace: withDefaults({ contacts, ...sizes }) }
}

function parseFlags(args: string[]): { contacts: string; keep: boolean; help: boolean } {
  try {
    return parseArgs({
      args,
      options: {
        contacts: { type: 'string', default: '10000' },
        keep: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}
