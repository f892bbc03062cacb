import { exitCodes } from '../src/command-line/exit-code.ts'
import { type OptionsOf, readArguments, readCount, usageError } from '../src/command-line/read-arguments.ts'
import { UsageError } from '../src/command-line/usage-error.ts'
import { buildSimulator } from './app.ts'
import { exampleWorkspace, type Region, regions, type SimulatorOptions } from './options.ts'

type Flags = OptionsOf<'simulator'>

/**
 * Runs a simulated Intercom until a signal ends it. One line on stdout says where it listens; further ones,
 * what its receiver of webhooks gets.
 */
export async function simulate(args: string[]): Promise<void> {
  try {
    const flags = readArguments('simulator', args).options
    const print = (line: string) => void process.stdout.write(`${line}\n`)
    const { app } = buildSimulator({ ...exampleWorkspace, ...readOptions(flags) }, print)
    const port = count('port', flags) ?? 4010
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void app.close())
    const listening = await app.listen({ host: flags.host ?? '127.0.0.1', port }).catch((error: unknown) => {
      const isTaken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
      throw isTaken
        ? usageError('simulator', `port ${port} is taken: give --port another one, or 0 for a free one`)
        : error
    })
    print(JSON.stringify({ listening }))
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    process.stderr.write(`intercom-sync: ${error.message}\n`)
    process.exitCode = exitCodes.usage
  }
}

/** Names of the flags that take a number. */
type CountFlag = { [Name in keyof Flags]-?: Flags[Name] extends string | undefined ? Name : never }[keyof Flags]

/** @throws UsageError when it is no whole number */
function count(name: CountFlag, flags: Flags): number | undefined {
  return readCount('simulator', `--${name}`, flags[name])
}

/** @throws UsageError when `/me` has no such region */
function regionOf(text: string): Region {
  const region = regions.find((known) => known === text)
  if (region === undefined)
    throw usageError('simulator', `--region must be one of ${regions.join(', ')}, not "${text}"`)
  return region
}

/** Only the flags that were given, so that the defaults apply to the others. */
function readOptions(flags: Flags): SimulatorOptions {
  const number = (name: CountFlag) => count(name, flags)
  const mostParts = number('most-parts')
  const given: { [name in keyof SimulatorOptions]: SimulatorOptions[name] | undefined } = {
    seed: number('seed'),
    contacts: number('contacts'),
    tags: number('tags'),
    admins: number('admins'),
    teams: number('teams'),
    segments: number('segments'),
    attributes: number('attributes'),
    companies: number('companies'),
    conversations: number('conversations'),
    partsPerConversation: mostParts === undefined ? undefined : { from: 0, to: mostParts + 1 },
    longConversations: number('long-conversations'),
    tickets: number('tickets'),
    longTickets: number('long-tickets'),
    articles: number('articles'),
    references: number('references'),
    activityLogs: number('activity-logs'),
    mostActivityLogs: number('most-activity-logs'),
    scrollPageSize: number('scroll-page-size'),
    timezone: flags.timezone,
    region: flags.region === undefined ? undefined : regionOf(flags.region),
    newestVersion: flags['newest-version'],
    rateLimitPerWindow: number('rate-limit'),
    latencyMs: number('latency'),
    indexLagMs: number('index-lag'),
    accessTokens: flags.token && Object.fromEntries(flags.token.map((token) => [token, []])),
    oddities: flags['no-oddities'] ? false : undefined,
    hideTimezone: flags['hide-timezone'],
    mutationPlan: planOf(flags),
  }
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
}

function planOf(flags: Flags): SimulatorOptions['mutationPlan'] | undefined {
  const every = count('mutate-every', flags)
  const until = count('mutate-until', flags)
  if (every === undefined) return undefined
  const mutations = [{ kind: 'update' as const, count: count('mutate-count', flags) ?? 5 }]
  return { every, ...(until !== undefined && { until }), mutations }
}
