import { parseArgs } from 'node:util'
import { buildSimulator } from './app.ts'
import { exampleWorkspace, type Region, regions, type SimulatorOptions } from './options.ts'

const { values } = parseArgs({
  options: {
    host: { type: 'string', default: '127.0.0.1' },
    port: { type: 'string', default: '4010' },
    seed: { type: 'string' },
    contacts: { type: 'string' },
    tags: { type: 'string' },
    admins: { type: 'string' },
    teams: { type: 'string' },
    segments: { type: 'string' },
    attributes: { type: 'string' },
    companies: { type: 'string' },
    conversations: { type: 'string' },
    'most-parts': { type: 'string' },
    'long-conversations': { type: 'string' },
    tickets: { type: 'string' },
    'long-tickets': { type: 'string' },
    articles: { type: 'string' },
    'activity-logs': { type: 'string' },
    'most-activity-logs': { type: 'string' },
    'scroll-page-size': { type: 'string' },
    timezone: { type: 'string' },
    region: { type: 'string' },
    'newest-version': { type: 'string' },
    'rate-limit': { type: 'string' },
    'index-lag': { type: 'string' },
    token: { type: 'string', multiple: true },
    'no-oddities': { type: 'boolean' },
    'hide-timezone': { type: 'boolean' },
    'mutate-every': { type: 'string' },
    'mutate-count': { type: 'string', default: '5' },
    'mutate-until': { type: 'string' },
  },
})

/** @throws RangeError when a flag is not a whole number */
function wholeNumber(flag: keyof typeof values): number | undefined {
  const text = values[flag]
  if (text === undefined) return undefined
  const number = Number(text)
  if (!Number.isInteger(number) || number < 0) throw new RangeError(`--${flag} must be a whole number, not "${text}"`)
  return number
}

/** @throws RangeError when `/me` has no such region */
function regionOf(text: string): Region {
  const region = regions.find((known) => known === text)
  if (region === undefined) throw new RangeError(`--region must be one of ${regions.join(', ')}, not "${text}"`)
  return region
}

/** Only the flags that were given, so that the defaults apply to the others. */
function optionsFromFlags(): SimulatorOptions {
  const mostParts = wholeNumber('most-parts')
  const every = wholeNumber('mutate-every')
  const until = wholeNumber('mutate-until')
  const given: { [name in keyof SimulatorOptions]: SimulatorOptions[name] | undefined } = {
    seed: wholeNumber('seed'),
    contacts: wholeNumber('contacts'),
    tags: wholeNumber('tags'),
    admins: wholeNumber('admins'),
    teams: wholeNumber('teams'),
    segments: wholeNumber('segments'),
    attributes: wholeNumber('attributes'),
    companies: wholeNumber('companies'),
    conversations: wholeNumber('conversations'),
    partsPerConversation: mostParts === undefined ? undefined : { from: 0, to: mostParts + 1 },
    longConversations: wholeNumber('long-conversations'),
    tickets: wholeNumber('tickets'),
    longTickets: wholeNumber('long-tickets'),
    articles: wholeNumber('articles'),
    activityLogs: wholeNumber('activity-logs'),
    mostActivityLogs: wholeNumber('most-activity-logs'),
    scrollPageSize: wholeNumber('scroll-page-size'),
    timezone: values.timezone,
    region: values.region === undefined ? undefined : regionOf(values.region),
    newestVersion: values['newest-version'],
    rateLimitPerWindow: wholeNumber('rate-limit'),
    indexLagMs: wholeNumber('index-lag'),
    accessTokens: values.token && Object.fromEntries(values.token.map((token) => [token, []])),
    oddities: values['no-oddities'] ? false : undefined,
    hideTimezone: values['hide-timezone'],
    mutationPlan:
      every === undefined
        ? undefined
        : {
            every,
            ...(until === undefined ? {} : { until }),
            mutations: [{ kind: 'update', count: wholeNumber('mutate-count') ?? 0 }],
          },
  }
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
}

const { app } = buildSimulator({ ...exampleWorkspace, ...optionsFromFlags() })
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void app.close())
const listening = await app.listen({ host: values.host, port: wholeNumber('port') ?? 0 })
process.stdout.write(`${JSON.stringify({ listening })}\n`)
