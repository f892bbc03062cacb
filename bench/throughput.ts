import { type SpawnOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { startWholeService, type WholeService } from '../test/support/whole-service.ts'

/**
 * What a record costs: a first sync of contacts (2.2 KB, 150 a page) by a naive loop, by the engine alone, by the
 * connector, and by the service. CPU seconds are those of the processes themselves, without the simulator; `timesNaive`
 * is how many records a CPU second makes against the naive loop of the same round. Other work on the machine moves the
 * seconds, less so the ratios: each figure is the median of the rounds. It reads Linux's `/proc`.
 *
 * `--contacts 200000 --rounds 5` sets the amounts.
 */

const amounts = { contacts: 60_000, rounds: 3 }
for (const name of ['contacts', 'rounds'] as const) {
  const place = process.argv.indexOf(`--${name}`)
  if (place !== -1) amounts[name] = Number(process.argv[place + 1])
}

const compiled = (file: string) => fileURLToPath(new URL(`../${file}`, import.meta.url))
const root = fileURLToPath(new URL('../../', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'intercom-sync-bench-'))
const closers: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true })]

/** A program's run, or a process's share of a job. */
interface Cost {
  seconds: number
  cpuSeconds: number
  bytes: number
}

interface Job {
  worker: Cost
  api: Cost
  /** How often the API has collected its whole heap. */
  collections: number
}

try {
  const simulator = ['--contacts', String(amounts.contacts), '--no-oddities', '--rate-limit', '100000000']
  const service = await startWholeService({ teardown: (close) => closers.push(close) }, simulator)
  const programs = programsFor(service.intercom)
  const rounds: Record<keyof typeof programs, Cost>[] = []
  const jobs: Job[] = []
  // The first answers render the records, and that is not what we measure.
  await run(programs.naive)
  for (let round = 0; round < amounts.rounds; round++) {
    const [naive, engine, connector] = [
      await run(programs.naive),
      await run(programs.engine),
      await run(programs.connector),
    ]
    rounds.push({ naive, engine, connector })
    jobs.push(await runJob(service))
  }
  for (const name of ['naive', 'engine', 'connector'] as const)
    tell(
      name,
      rounds.map((round) => round[name]),
      rounds.map(({ naive }) => naive),
    )
  tell(
    'worker',
    jobs.map(({ worker }) => worker),
    rounds.map(({ naive }) => naive),
  )
  tell(
    'api',
    jobs.map(({ api }) => api),
    rounds.map(({ naive }) => naive),
  )
  process.stdout.write(`${JSON.stringify({ apiCollections: jobs.map(({ collections }) => collections) })}\n`)
} finally {
  for (const close of closers.reverse()) await close()
}

function programsFor(intercom: string) {
  const config = { access_token: 'simulator-token', start_date: '2010-01-01T00:00:00Z' }
  const stream = { name: 'contacts', json_schema: {}, supported_sync_modes: ['full_refresh', 'incremental'] }
  const catalog = { streams: [{ stream, sync_mode: 'incremental', destination_sync_mode: 'append' }] }
  const files = Object.entries({ config, catalog }).flatMap(([name, content]) => {
    writeFileSync(join(folder, `${name}.json`), JSON.stringify(content))
    return [`--${name}`, join(folder, `${name}.json`)]
  })
  const environment = { PATH: process.env.PATH, INTERCOM_BASE_URL: intercom }
  return {
    naive: { args: [compiled('bench/programs/naive-loop.js'), intercom], environment },
    engine: { args: [compiled('bench/programs/engine-alone.js'), intercom], environment },
    connector: { args: [join(root, 'bin/intercom-sync'), 'read', ...files], environment },
  }
}

/** Runs a program to its end, and reads what it prints as fast as it comes. */
async function run({ args, environment }: { args: string[]; environment: SpawnOptions['env'] }): Promise<Cost> {
  const start = performance.now()
  const child = spawn(process.execPath, ['--import', compiled('bench/programs/cpu-report.js'), ...args], {
    env: environment,
    stdio: ['ignore', 'pipe', 'ignore', 'pipe'],
  })
  let bytes = 0
  let report = ''
  child.stdout?.on('data', (chunk: Buffer) => {
    bytes += chunk.length
  })
  const reports = child.stdio[3] as Readable
  reports.on('data', (chunk: Buffer) => {
    report += chunk.toString()
  })
  const [code] = (await once(child, 'close')) as [number]
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}`)
  return { seconds: (performance.now() - start) / 1000, cpuSeconds: Number(report), bytes }
}

async function runJob({ url, processes }: WholeService): Promise<Job> {
  const pids = { api: processes.api.child.pid, worker: processes.worker.child.pid }
  const before = { api: cpuOf(pids.api), worker: cpuOf(pids.worker), collections: await collectionsOf(url) }
  const start = performance.now()
  const answer = await fetch(`${url}/v1/jobs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/x-ndjson' },
    body: JSON.stringify({ config: { access_token: 'simulator-token' }, streams: ['contacts'] }),
  })
  let bytes = 0
  for await (const chunk of answer.body ?? []) bytes += (chunk as Uint8Array).length
  const seconds = (performance.now() - start) / 1000
  const costOf = (role: 'api' | 'worker') => ({ seconds, bytes, cpuSeconds: cpuOf(pids[role]) - before[role] })
  return { worker: costOf('worker'), api: costOf('api'), collections: (await collectionsOf(url)) - before.collections }
}

/** CPU seconds that a process has used so far, as Linux counts them: in hundredths. */
function cpuOf(pid: number | undefined): number {
  const [, text = ''] = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')
  const [user, system] = text.split(' ').slice(11, 13).map(Number)
  return ((user ?? 0) + (system ?? 0)) / 100
}

async function collectionsOf(url: string): Promise<number> {
  const metrics = await (await fetch(`${url}/metrics`)).text()
  return Number(/^nodejs_gc_duration_seconds_count\{kind="major"\} (\d+)/m.exec(metrics)?.[1] ?? 0)
}

function tell(name: string, costs: readonly Cost[], naive: readonly Cost[]): void {
  const { contacts } = amounts
  const ratios = costs.map(({ cpuSeconds }, round) => (naive[round]?.cpuSeconds ?? 0) / cpuSeconds)
  const figures = {
    name,
    recordsPerSecond: Math.round(contacts / median(costs.map(({ seconds }) => seconds))),
    megabytesPerSecond: Math.round(median(costs.map(({ bytes, seconds }) => bytes / seconds / 1e6))),
    cpuSecondsPerMillion: Number(((median(costs.map(({ cpuSeconds }) => cpuSeconds)) / contacts) * 1e6).toFixed(1)),
    timesNaive: Number(median(ratios).toFixed(2)),
  }
  process.stdout.write(`${JSON.stringify(figures)}\n`)
}

function median(figures: readonly number[]): number {
  const sorted = figures.toSorted((one, other) => one - other)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}
