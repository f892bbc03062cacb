import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildSimulator } from '../../simulator/app.ts'
import { dayAndMachine, told } from '../support/evidence.ts'
import { readIntegers } from '../support/long-run.ts'
import { takeAnswers } from './answers.ts'
import { sendBodies } from './bodies.ts'
import { type CrowdRun, idleConnections, stalledReaders } from './crowds.ts'
import { startOverloaded } from './service.ts'

const usage = `npm run overload -- [--bodies N] [--answers N] [--sockets N] [--readers N] [--seed S]

  What callers and Intercom may do to a service, each in a process of its own; 0 leaves a part out.
  Writes docs/evidence/overload.md when all parts are of their usual size.
`
const usual = { bodies: 10_000, answers: 2000, sockets: 10_000, readers: 1000 }

interface Part {
  name: string
  result: string
  /** What the law does not allow. */
  fault?: string | undefined
}

async function main(): Promise<void> {
  const options = readIntegers(usage, { ...usual, seed: 1 })
  if (!options) return
  const { seed } = options
  const folder = await mkdtemp(join(tmpdir(), 'intercom-sync-overload-'))
  const parts: Part[] = []
  const add = async (count: number, run: (count: number, dataDir: string) => Promise<Part>) => {
    if (count === 0) return
    const part = await run(count, join(folder, String(parts.length)))
    process.stdout.write(`${part.name}: ${part.result}${part.fault === undefined ? '' : `; WRONG: ${part.fault}`}\n`)
    parts.push(part)
  }
  try {
    await add(options.sockets, async (count, dataDir) =>
      judgeCrowd(`${told(count)} idle connections at 1,024 open files`, await idleConnections(dataDir, count)),
    )
    await add(options.readers, async (count, dataDir) =>
      judgeCrowd(`${told(count)} readers that never read`, await stalledReaders(dataDir, count)),
    )
    await add(options.bodies, (count, dataDir) => drawBodies(count, dataDir, seed))
    await add(options.answers, (count) => drawAnswers(count, seed))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
  if (parts.some(({ fault }) => fault !== undefined)) process.exitCode = 1
  if (Object.entries(usual).every(([name, value]) => options[name as keyof typeof usual] === value))
    await tell(parts, seed)
}

/** MiB: 300 MB. */
const mostMemory = 286
/** What a call of others may take beside a crowd, ms. */
const mostMs = 1000

function judgeCrowd(name: string, { others, peakMemory, memoryBefore, ended }: CrowdRun): Part {
  const failures = [...others.failures].map(([status, count]) => `${count} × ${status}`)
  const result =
    `the API had ${Math.round(peakMemory)} MiB at most (${Math.round(memoryBefore)} before); others made ` +
    `${told(others.calls)} calls, the slowest took ${told(Math.round(others.slowestMs))} ms, ` +
    `${failures.length === 0 ? 'all were answered' : failures.join(', ')}`
  const isLarge = peakMemory > mostMemory ? `more than ${mostMemory} MiB` : undefined
  const isSlow = others.slowestMs > mostMs ? `a call of others took more than ${mostMs} ms` : undefined
  const isRefused = failures.length > 0 ? 'a call of others was not answered' : undefined
  return { name, result, fault: ended ?? isLarge ?? isSlow ?? isRefused }
}

async function drawBodies(count: number, dataDir: string, seed: number): Promise<Part> {
  const simulator = buildSimulator({ contacts: 3, companies: 1, conversations: 1, rateLimitPerWindow: 1_000_000 })
  const intercom = await simulator.app.listen({ host: '127.0.0.1', port: 0 })
  // The limit of requests is one for each tenant, and would hide everything else.
  const tenants = Array.from({ length: 20 }, (_, place) => `tenant-${place}`)
  const keyOf = (tenant = '') => `${tenant}-sends-drawn-bodies`
  const apiKeys = tenants.map((tenant) => `${tenant}:${keyOf(tenant)}`).join()
  const environment = { INTERCOM_BASE_URL: intercom, API_KEYS: apiKeys }
  const api = await startOverloaded({ dataDir, role: '--api', environment })
  const headersOf = (place: number) => ({ authorization: `Bearer ${keyOf(tenants[place % tenants.length])}` })
  const run = await sendBodies(api.url, { count, seed, headersOf })
  const peak = await api.peakMemory()
  const statuses = [...run.statuses].map(([status, answers]) => `${told(answers)} × ${status}`)
  const fault = run.counterexample ?? api.ended() ?? (peak > mostMemory ? `more than ${mostMemory} MiB` : undefined)
  await api.stop()
  await simulator.app.close()
  const result = `${statuses.join(', ')}; the API had ${Math.round(peak)} MiB at most, the longest answer ${told(run.largestAnswer)} bytes`
  return { name: `${told(run.bodies)} drawn bodies`, result, fault }
}

async function drawAnswers(count: number, seed: number): Promise<Part> {
  const before = process.resourceUsage().maxRSS / 1024
  const teardowns: (() => unknown)[] = []
  const run = await takeAnswers({ teardown: (work) => void teardowns.push(work) }, { count, seed })
  for (const teardown of teardowns) await teardown()
  const grown = process.resourceUsage().maxRSS / 1024 - before
  const outcomes = [...run.outcomes].map(([outcome, answers]) => `${told(answers)} × \`${outcome}\``)
  const result = `${outcomes.join(', ')}; the process took ${Math.round(grown)} MiB more than before`
  return { name: `${told(run.answers)} drawn answers of Intercom`, result, fault: run.counterexample }
}

async function tell(parts: readonly Part[], seed: number): Promise<void> {
  const lines = [
    '# Overload',
    '',
    'What callers, and answers in place of those of Intercom, can do to a service. Others call it meanwhile, each time over a new connection.',
    '',
    `- Command: \`npm run overload -- --seed ${seed}\``,
    ...dayAndMachine(),
    `- Load of the machine at the end: ${loadavg()[0]?.toFixed(1)} (other work ran beside it)`,
    '',
    ...parts.flatMap(({ name, result, fault }) => [
      `- ${name}: ${result}.${fault === undefined ? '' : ` WRONG: ${fault}.`}`,
    ]),
    '',
  ]
  await writeFile('docs/evidence/overload.md', lines.join('\n'))
}

await main()
