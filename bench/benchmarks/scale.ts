import { defaultToken } from '../../simulator/options.ts'
import type { Benchmark, Cell } from '../benchmark.ts'
import { connectorOf, programOf, runProgram } from '../subjects/program.ts'
import { costsOf, runJob, startService } from '../subjects/service.ts'
import { manyTokens, noLimit, startIntercom } from '../subjects/simulator.ts'
import { useColumns, useOf } from '../subjects/use-of-limit.ts'
import { workColumns } from './throughput.ts'

const parts = ['conversations', 'conversation_parts']
const latencyMs = 400

/** The same sync of so many contacts by the naive loop, the connector and the service, which is new. */
function sizeCell(name: string, contacts: number): Cell {
  return {
    name,
    seconds: 15 + contacts / 4500,
    async open(t) {
      const intercom = await startIntercom(t, { contacts, longLists: 0, rateLimitPerWindow: noLimit })
      const service = await startService(t, intercom)
      const programs = {
        naive: programOf('bench/programs/naive-loop.js', [intercom.url, 'contacts'], intercom),
        connector: connectorOf(t, intercom, ['contacts']),
      }
      // The first answers render the records, and that is not what is measured.
      await runProgram(programs.connector)
      return async () => {
        const naive = await runProgram(programs.naive)
        const connector = await runProgram(programs.connector)
        const before = costsOf(service)
        const job = await runJob(service.url, { token: defaultToken, streams: ['contacts'] })
        const after = costsOf(service)
        const shareOf = (role: 'worker' | 'api') => ({
          ...job,
          ...after[role],
          cpuSeconds: after[role].cpuSeconds - before[role].cpuSeconds,
        })
        const runs = { naive, connector, worker: shareOf('worker'), api: shareOf('api') }
        return Object.fromEntries(
          Object.entries(runs).map(([who, { records, bytes, seconds, cpuSeconds, peakMebibytes }]) => [
            who,
            {
              recordsPerSecond: records / seconds,
              megabytesPerSecond: bytes / seconds / 1e6,
              cpuSecondsPerMillion: (cpuSeconds / records) * 1e6,
              peakMebibytes,
            },
          ]),
        )
      }
    },
  }
}

interface Shared {
  name: string
  workers: number
  jobs: number
  /** How many access tokens the jobs have, each with a limit of its own. */
  tokens: number
  /** Of one token. */
  perWindow: number
  /** That each job reads. */
  conversations: number
}

/** Jobs that begin together, and have to share workers or a limit. */
function sharedCell({ name, workers, jobs, tokens: count, perWindow, conversations }: Shared): Cell {
  return {
    name,
    seconds: 20 + (conversations * jobs * 10) / (perWindow * count),
    load: perWindow < 1000 ? 0.1 * jobs : 0.5,
    async open(t) {
      const { tokens, accessTokens } = manyTokens(count)
      const intercom = await startIntercom(t, { conversations, accessTokens, rateLimitPerWindow: perWindow, latencyMs })
      const service = await startService(t, intercom, { workers })
      return async () => {
        const all = Array.from({ length: jobs }, (_, place) => ({ token: tokens[place % count] ?? '', streams: parts }))
        const runs = await Promise.all(all.map((job) => runJob(service.url, job)))
        const use = useOf(await intercom.requests(), { perWindow: perWindow * count, latencyMs })
        const seconds = runs.map((run) => run.seconds)
        const records = runs.reduce((sum, run) => sum + run.records, 0)
        return {
          service: {
            ...use,
            recordsPerSecond: records / use.seconds,
            slowestByFastest: Math.max(...seconds) / Math.min(...seconds),
          },
        }
      }
    },
  }
}

function cells(amount: (usual: number) => number): readonly Cell[] {
  const onOneToken = { jobs: 4, tokens: 1, perWindow: 1667, conversations: amount(2750) }
  const eachWithOwn = { workers: 1, perWindow: 167, conversations: amount(700) }
  return [
    ...[10_000, 100_000, 1_000_000].map((contacts) => sizeCell(`contacts-${contacts}`, amount(contacts))),
    ...[1, 4].map((workers) => sharedCell({ ...onOneToken, workers, name: `workers-${workers}` })),
    ...[1, 2, 4, 8].map((tokens) => sharedCell({ ...eachWithOwn, jobs: tokens, tokens, name: `tokens-${tokens}` })),
  ]
}

export const scale: Benchmark = {
  name: 'scale',
  title: 'More records, more workers, more tokens',
  about: [
    '`contacts-1000000` is the first sync of a million contacts without a limit, by the naive loop, the connector, and a service that has just started. _Peak_ is the most memory that the process has held.',
    '`workers-4` is four jobs on one access token, each of 2,750 conversations with their parts, begun together on four workers: 1,667 requests per 10 s for all of them, 400 ms an answer. `tokens-8` is eight jobs of eight tokens on one worker, 167 requests per 10 s for each.',
  ],
  columns: [
    ...workColumns,
    { figure: 'peakMebibytes', heading: 'Peak, MiB', digits: 0 },
    ...useColumns.filter(({ figure }) =>
      ['requests', 'windows', 'used', 'leastUsed', 'refused', 'timesIdeal'].includes(figure),
    ),
    { figure: 'slowestByFastest', heading: 'Slowest by fastest job', digits: 2 },
  ],
  plots: [
    {
      name: 'scale',
      title: 'Contacts per second',
      figure: 'recordsPerSecond',
      rows: /^contacts-\d+ (naive|connector|worker)/,
      digits: 0,
    },
    { name: 'scale-memory', title: 'Memory at most, MiB', figure: 'peakMebibytes', rows: /^contacts-/, digits: 0 },
    {
      name: 'scale-limit',
      title: 'Share of full windows used, %',
      figure: 'used',
      rows: /^(workers|tokens)-/,
      factor: 100,
      digits: 1,
      line: { at: 97, label: '97 %' },
    },
  ],
  goals: [
    {
      text: 'Memory of each process, MiB',
      rows: /^contacts-\d+ (connector|worker|api)/,
      figure: 'peakMebibytes',
      // 200 MB
      atMost: 190,
    },
    {
      text: 'Memory of each process with 1,000,000 contacts, by that with 10,000',
      rows: /^contacts-1000000 (connector|worker|api)/,
      figure: 'peakMebibytes',
      over: 'contacts-10000',
      atMost: 1.25,
    },
    {
      text: 'Used of every full window, four jobs on one token',
      rows: /^workers-/,
      figure: 'leastUsed',
      atLeast: 0.97,
    },
    { text: 'Times ideal, four jobs on one token', rows: /^workers-4/, figure: 'timesIdeal', atMost: 1.1 },
    { text: 'Refused, four jobs on one token', rows: /^workers-/, figure: 'refused', atMost: 0.005 },
  ],
  headlines: [],
  cells,
}
