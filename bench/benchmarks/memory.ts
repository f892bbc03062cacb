import { defaultToken, exampleWorkspace, type SimulatorOptions } from '../../simulator/options.ts'
import { streamTable } from '../../src/streams/table.ts'
import type { Benchmark, Cell } from '../benchmark.ts'
import { collectionsOf, costsOf, runJob, startService } from '../subjects/service.ts'
import { manyTokens, noLimit, startIntercom } from '../subjects/simulator.ts'
import { workColumns } from './throughput.ts'

const streams = ['contacts']
const defaultStreams = streamTable.filter(({ optIn }) => !optIn).map(({ name }) => name)

/** So many jobs side by side on one worker that has just started, each with a token of its own. */
function sideBySide(name: string, jobs: number, contacts: number): Cell {
  const { tokens, accessTokens } = manyTokens(jobs)
  return fromStart(name, { workspace: { contacts, accessTokens }, tokens, streams })
}

/** A first sync of all streams that are read by default, by a service that has just started. */
function firstSync(name: string, workspace: SimulatorOptions): Cell {
  return fromStart(name, { workspace, tokens: [defaultToken], streams: defaultStreams })
}

interface Work {
  workspace: SimulatorOptions
  /** A job for each, all at once. */
  tokens: readonly string[]
  streams: readonly string[]
}

function fromStart(name: string, { workspace, tokens, streams }: Work): Cell {
  return {
    name,
    seconds: 10 + tokens.length,
    async open(t) {
      const intercom = await startIntercom(t, { ...workspace, rateLimitPerWindow: noLimit })
      const environment = { WORKER_CONCURRENCY: String(tokens.length) }
      const service = await startService(t, intercom, { environment })
      return async () => {
        const before = costsOf(service)
        const start = performance.now()
        const runs = await Promise.all(tokens.map((token) => runJob(service.url, { token, streams })))
        const seconds = (performance.now() - start) / 1000
        const after = costsOf(service)
        const records = runs.reduce((sum, run) => sum + run.records, 0)
        const figuresOf = (role: 'worker' | 'api') => ({
          recordsPerSecond: records / seconds,
          cpuSecondsPerMillion: ((after[role].cpuSeconds - before[role].cpuSeconds) / records) * 1e6,
          peakMebibytes: after[role].peakMebibytes,
        })
        return { worker: figuresOf('worker'), api: figuresOf('api') }
      }
    },
  }
}

/** The jobs, of fifty, whose cost is compared. Two warm the process up: code is compiled, and the heap grows. */
const compared = { first: [2, 7], last: [40, 50] } as const

/** So many jobs, one after the other: what the last ones cost, by the first ones after two that warm the process up. */
function oneAfterTheOther(name: string, jobs: number, contacts: number): Cell {
  return {
    name,
    seconds: 160,
    async open(t) {
      const intercom = await startIntercom(t, { contacts, rateLimitPerWindow: noLimit })
      const service = await startService(t, intercom)
      return async () => {
        const costs = [costsOf(service)]
        const collections = [await collectionsOf(service)]
        for (let job = 0; job < jobs; job++) {
          await runJob(service.url, { token: defaultToken, streams })
          costs.push(costsOf(service))
          collections.push(await collectionsOf(service))
        }
        const placesOf = ([from, to]: readonly [number, number]) =>
          [Math.floor((from * jobs) / 50), Math.max(1, Math.floor((to * jobs) / 50))] as const
        const places = { first: placesOf(compared.first), last: placesOf(compared.last) }
        const cpuOf = (role: 'worker' | 'api', [from, to]: readonly [number, number]) =>
          ((costs[to]?.[role].cpuSeconds ?? 0) - (costs[from]?.[role].cpuSeconds ?? 0)) / (to - from)
        const figuresOf = (role: 'worker' | 'api') => {
          const [first, last] = [cpuOf(role, places.first), cpuOf(role, places.last)]
          return {
            peakMebibytes: costs.at(-1)?.[role].peakMebibytes,
            peakAfterFirst: costs[places.first[1]]?.[role].peakMebibytes,
            cpuSecondsPerMillion: (last / contacts) * 1e6,
            firstCpuSecondsPerMillion: (first / contacts) * 1e6,
            lastByFirst: last / first,
          }
        }
        const [from, to] = places.last
        const full = (collections[to] ?? 0) - (collections[from] ?? 0)
        return { worker: figuresOf('worker'), api: { ...figuresOf('api'), collections: full / (to - from) } }
      }
    },
  }
}

export const memory: Benchmark = {
  name: 'memory',
  title: 'Memory, and a process that has worked for long',
  about: [
    '`jobs-50` is 50 jobs of 10,000 contacts each, side by side on one worker that has just started, without a limit. `50-jobs-in-turn` is 50 jobs of 40,000 contacts, one after the other: CPU of the last ten, by that of the third to seventh. The first two warm the process up. `default-streams` is a first sync of all streams that are read by default, of 30,000 contacts, 3,000 conversations and 2,000 companies. _Full collections_ counts those of the whole heap, per job among the last ten. How memory follows the number of records is shown by `scale`.',
  ],
  columns: [
    { figure: 'peakMebibytes', heading: 'Peak, MiB', digits: 0 },
    { figure: 'peakAfterFirst', heading: 'after 7 jobs', digits: 0 },
    ...workColumns.filter(({ figure }) => figure !== 'megabytesPerSecond'),
    { figure: 'firstCpuSecondsPerMillion', heading: 'of jobs 3 to 7', digits: 1 },
    { figure: 'lastByFirst', heading: 'Last by first', digits: 2 },
    { figure: 'collections', heading: 'Full collections', digits: 1 },
  ],
  plots: [{ name: 'memory', title: 'Memory at most, MiB', figure: 'peakMebibytes', rows: /./, digits: 0 }],
  goals: [
    // 300 MB
    { text: 'Memory of a worker with 50 jobs, MiB', rows: /^jobs-50 worker/, figure: 'peakMebibytes', atMost: 286 },
    {
      text: 'Memory of a process in a first sync of all default streams, MiB',
      rows: /^default-streams /,
      figure: 'peakMebibytes',
      // 250 MB
      atMost: 238,
    },
    {
      text: 'CPU of the API after 50 jobs, by that of the first',
      rows: /-in-turn api/,
      figure: 'lastByFirst',
      atMost: 1.1,
    },
  ],
  headlines: [
    {
      row: 'jobs-50 worker',
      figure: 'peakMebibytes',
      digits: 0,
      text: 'a worker with 50 jobs side by side takes {} MiB',
    },
  ],
  cells: (amount) => [
    ...[1, 10, 50].map((jobs) => sideBySide(`jobs-${jobs}`, amount(jobs), amount(10_000))),
    firstSync('default-streams', {
      ...exampleWorkspace,
      contacts: amount(30_000),
      conversations: amount(3000),
      companies: amount(2000),
    }),
    oneAfterTheOther('50-jobs-in-turn', amount(50), amount(40_000)),
  ],
}
