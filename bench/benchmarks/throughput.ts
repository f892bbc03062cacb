import { defaultToken, type SimulatorOptions } from '../../simulator/options.ts'
import type { Benchmark, Cell, Column, Figures } from '../benchmark.ts'
import { connectorOf, programOf, runProgram } from '../subjects/program.ts'
import { collectionsOf, costsOf, type MeasuredService, runJob, startService } from '../subjects/service.ts'
import { noLimit, startIntercom } from '../subjects/simulator.ts'

interface Reading {
  name: string
  seconds: number
  streams: readonly string[]
  workspace: SimulatorOptions
}

/** What one of the subjects did in a round. */
interface Work {
  records: number
  bytes: number
  seconds: number
  cpuSeconds: number
}

function cellOf({ name, seconds, streams, workspace }: Reading): Cell {
  return {
    name,
    seconds,
    rounds: 5,
    async open(t) {
      const intercom = await startIntercom(t, { ...workspace, rateLimitPerWindow: noLimit })
      const service = await startService(t, intercom)
      const programs = {
        naive: programOf('bench/programs/naive-loop.js', [intercom.url, streams[0] ?? ''], intercom),
        engine: programOf('bench/programs/engine-alone.js', [intercom.url, ...streams], intercom),
        connector: connectorOf(t, intercom, streams),
      }
      // The first answers render the records, and that is not what is measured.
      await runProgram(programs.naive)
      return async () => {
        const naive = await runProgram(programs.naive)
        const engine = await runProgram(programs.engine)
        const connector = await runProgram(programs.connector)
        const job = await measureJob(service, streams)
        // The engine alone prints nothing: it has read what the connector has.
        const works = { naive, engine: { ...connector, ...costOf(engine) }, connector, ...job }
        return Object.fromEntries(Object.entries(works).map(([who, work]) => [who, figuresOf(work, naive)]))
      }
    },
  }
}

const costOf = ({ seconds, cpuSeconds }: Work) => ({ seconds, cpuSeconds })

/** API and worker share a job; `service` is both together. */
async function measureJob(
  service: MeasuredService,
  streams: readonly string[],
): Promise<Record<string, Work & Figures>> {
  const [before, collectionsBefore] = [costsOf(service), await collectionsOf(service)]
  const job = await runJob(service.url, { token: defaultToken, streams })
  const after = costsOf(service)
  const workOf = (cpuSeconds: number) => ({ ...job, cpuSeconds })
  const cpu = {
    worker: after.worker.cpuSeconds - before.worker.cpuSeconds,
    api: after.api.cpuSeconds - before.api.cpuSeconds,
  }
  const collections = (await collectionsOf(service)) - collectionsBefore
  return { worker: workOf(cpu.worker), api: { ...workOf(cpu.api), collections }, service: workOf(cpu.worker + cpu.api) }
}

function figuresOf(work: Work & { collections?: number }, naive: Work): Figures {
  const { records, bytes, seconds, cpuSeconds } = work
  return {
    recordsPerSecond: records / seconds,
    megabytesPerSecond: bytes / seconds / 1e6,
    cpuSecondsPerMillion: (cpuSeconds / records) * 1e6,
    recordsPerCpuSecond: records / cpuSeconds,
    timesNaive: records / cpuSeconds / (naive.records / naive.cpuSeconds),
    ...(work.collections !== undefined && { collections: work.collections }),
  }
}

export const workColumns: readonly Column[] = [
  { figure: 'recordsPerSecond', heading: 'Records/s', digits: 0 },
  { figure: 'megabytesPerSecond', heading: 'MB/s', digits: 1 },
  { figure: 'cpuSecondsPerMillion', heading: 'CPU s per million', digits: 1 },
]

export const throughput: Benchmark = {
  name: 'throughput',
  title: 'What a record costs',
  about: [
    'A first sync without a limit: 300,000 contacts (2.2 KB, 150 a page), and 4,000 conversations with their parts, by four ways in turn, five times. _naive_ is a loop of `fetch`, `JSON.parse` and `JSON.stringify` that checks and keeps nothing; _engine_ reads and makes messages, which nobody takes; _connector_ prints them; _service_ is a job through API, Redis and worker, read over HTTP.',
    'The search cuts the lists inside a contact after ten items. No list of `contacts` is longer. In `contacts-cut`, of 60,000 contacts, two in a hundred have a longer one: we ask for the whole list, three requests for each page of contacts, and the naive loop prints what the search gives. _service_ is read as curl reads it, without compression.',
    'CPU seconds are those of the processes themselves, without the simulator and Redis. Simulator, Redis and reader share the two cores with them. Start-up, and what Node takes to compile the code that runs most, are part of it: a second and a half of each run of the connector. _Times naive_ is how many records a CPU second makes, by those of the naive loop in the same round. _Full collections_ counts those of the whole heap in the API, per job.',
  ],
  columns: [
    ...workColumns,
    { figure: 'timesNaive', heading: 'Times naive', digits: 2 },
    { figure: 'collections', heading: 'Full collections', digits: 0 },
  ],
  plots: [
    {
      name: 'throughput',
      title: 'CPU seconds per million records',
      figure: 'cpuSecondsPerMillion',
      rows: /./,
      digits: 0,
    },
  ],
  goals: [
    {
      text: 'Connector, contacts per CPU second, times naive',
      rows: /^contacts connector/,
      figure: 'timesNaive',
      atLeast: 1.8,
    },
    { text: 'Service, contacts/s', rows: /^contacts service/, figure: 'recordsPerSecond', atLeast: 30_000 },
    {
      text: 'Worker, CPU s per million contacts',
      rows: /^contacts worker/,
      figure: 'cpuSecondsPerMillion',
      atMost: 25,
    },
    { text: 'API, CPU s per million contacts', rows: /^contacts api/, figure: 'cpuSecondsPerMillion', atMost: 8 },
  ],
  headlines: [
    {
      row: 'contacts connector',
      figure: 'timesNaive',
      digits: 1,
      text: 'a CPU second of the connector makes {} times the contacts of a loop of fetch and JSON.parse',
    },
    {
      row: 'contacts service',
      figure: 'recordsPerSecond',
      digits: 0,
      text: 'the service delivers {} contacts a second',
    },
  ],
  cells: (amount) => [
    cellOf({
      name: 'contacts',
      seconds: 330,
      streams: ['contacts'],
      workspace: { contacts: amount(300_000), longLists: 0 },
    }),
    cellOf({
      name: 'contacts-cut',
      seconds: 100,
      streams: ['contacts'],
      workspace: { contacts: amount(60_000) },
    }),
    cellOf({
      name: 'parts',
      seconds: 75,
      streams: ['conversations', 'conversation_parts'],
      workspace: { conversations: amount(4000) },
    }),
  ],
}
