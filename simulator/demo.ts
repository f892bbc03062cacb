import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { buildSimulator, type Simulator } from './app.ts'
import { defaultToken } from './options.ts'
import { checkMessages } from './oracle/check-messages.ts'
import { lastStates } from './oracle/last-states.ts'
import { formatReport } from './oracle/report.ts'
import { streamNames } from './records/streams.ts'

const bin = fileURLToPath(new URL('../../bin/intercom-sync', import.meta.url))

/**
 * Runs the main job end to end on this machine alone: a simulated Intercom, the service with its own Redis, a first sync
 * over HTTP, its messages held against the truth, and a second sync that must find nothing new.
 * The exit code is 0 only when every count is right.
 */
export async function demo(args: string[]): Promise<void> {
  const { values } = parseArgs({ args, options: { contacts: { type: 'string', default: '10000' } } })
  const simulator = buildSimulator({ contacts: Number(values.contacts) })
  const intercom = await simulator.app.listen({ port: 0, host: '127.0.0.1' })
  say(`A simulated Intercom with ${values.contacts} contacts listens on ${intercom}`)
  const dataDir = await mkdtemp(join(tmpdir(), 'intercom-sync-demo-'))
  const service = startService(intercom, dataDir)
  try {
    process.exitCode = (await runSyncs(await service.address, simulator)) ? 0 : 1
  } finally {
    await service.stop()
    await simulator.app.close()
    await rm(dataDir, { recursive: true, force: true })
  }
  say(process.exitCode === 0 ? 'All counts are right.' : 'SOMETHING IS WRONG: see above.')
}

/** The service as a process of its own, with an embedded Redis. */
function startService(intercom: string, dataDir: string): { address: Promise<string>; stop: () => Promise<void> } {
  const child = spawn(process.execPath, [bin, 'serve'], {
    env: { PATH: process.env.PATH, INTERCOM_BASE_URL: intercom, DATA_DIR: dataDir, PORT: '0', LOG_LEVEL: 'warn' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  return {
    address: listeningAddress(child),
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGTERM')
      await once(child, 'exit')
    },
  }
}

async function listeningAddress(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('the service has no stdout')
  for await (const line of createInterface({ input: child.stdout })) {
    const address = /listens on (\S+)/.exec(line)?.[1]
    if (address !== undefined) return address
  }
  throw new Error('the service ended before it listened')
}

async function runSyncs(service: string, simulator: Simulator): Promise<boolean> {
  say(`The service listens on ${service}`)
  const first = await sync(service, 'demo-first.ndjson', [])
  const report = await checkMessages(first.file, simulator.workspace.truth(), { expectStreams: [...streamNames] })
  for (const [stream, count] of countTruth(simulator))
    say(`  ${stream}: Intercom has ${count}, delivered ${report.streams[stream]?.records ?? 0}`)
  say(formatReport(report).trimEnd())

  const second = await sync(service, 'demo-second.ndjson', await lastStates(first.file))
  const news = (await checkMessages(second.file, undefined)).streams
  const records = Object.values(news).reduce((sum, stream) => sum + stream.records, 0)
  say(`The second sync, from the states of the first, brought ${records} records (0 are right: nothing has changed)`)
  return report.ok && records === 0
}

/** How many records of each stream there are now; archived attributes count only where they are asked for. */
function countTruth(simulator: Simulator): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { stream, visibleUntil, optional } of simulator.workspace.truth()) {
    if (visibleUntil === null && !optional) counts.set(stream, (counts.get(stream) ?? 0) + 1)
  }
  return counts
}

/** Posts a job and writes its messages, as they come, to a file in the working directory. */
async function sync(service: string, name: string, state: unknown[]): Promise<{ file: string }> {
  const file = resolve(name)
  const body = { config: { access_token: defaultToken }, state }
  say(`POST ${service}/v1/jobs  (Accept: application/x-ndjson) -> ${name}`)
  const start = performance.now()
  const response = await fetch(`${service}/v1/jobs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/x-ndjson' },
    body: JSON.stringify(body),
  })
  if (!response.ok || response.body === null)
    throw new Error(`the service answered ${response.status}: ${await response.text()}`)
  await pipeline(Readable.fromWeb(response.body), createWriteStream(file))
  say(`  done in ${((performance.now() - start) / 1000).toFixed(1)} s`)
  return { file }
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}
