import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runCompiled, type Teardown, type TestProcess } from './processes.ts'

/** The whole system, each part in a separate process: simulator, API, worker, and the Redis that the API starts. */
export interface WholeService {
  /** Address of the API. */
  url: string
  /** Address of the simulator. */
  intercom: string
  processes: Record<'simulator' | 'api' | 'worker', TestProcess>
}

/** The tests that use this are about amounts, of contacts above all. */
const ofElevenStreams = ['--tickets', '0', '--activity-logs', '0']

export async function startWholeService(t: Teardown, simulatorFlags: string[]): Promise<WholeService> {
  const dataDir = await mkdtemp(join(tmpdir(), 'intercom-sync-whole-'))
  t.teardown(() => rm(dataDir, { recursive: true, force: true }))
  const simulator = runCompiled(t, 'simulator/main.js', ['--port', '0', ...ofElevenStreams, ...simulatorFlags])
  const { listening } = JSON.parse(await simulator.untilLine(/listening/)) as { listening: string }
  const environment = { PORT: '0', DATA_DIR: dataDir, INTERCOM_BASE_URL: listening }
  const api = runCompiled(t, 'test/support/serve-process.js', ['--api'], environment)
  const url = (await api.untilLine(/^intercom-sync listens on/)).split(' ').at(-1) ?? ''
  const worker = runCompiled(t, 'test/support/serve-process.js', ['--worker'], environment)
  await worker.untilLine(/worker started/)
  return { url, intercom: listening, processes: { simulator, api, worker } }
}

/** Posts a job and reads its messages live; `firstLineMs` is the time until the first whole line had come. */
export async function syncLive(
  url: string,
  body: object,
): Promise<{ messages: Buffer; firstLineMs: number; path: string }> {
  const start = performance.now()
  const response = await fetch(`${url}/v1/jobs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/x-ndjson' },
    body: JSON.stringify(body),
  })
  if (response.body === null) throw new Error('no body')
  const chunks: Uint8Array[] = []
  let firstLineMs = Infinity
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    if (firstLineMs === Infinity && chunk.includes(0x0a)) firstLineMs = performance.now() - start
    chunks.push(chunk)
  }
  return { messages: Buffer.concat(chunks), firstLineMs, path: response.headers.get('location') ?? '' }
}

/**
 * The most memory that a process has held so far, in MiB; undefined when the system does not report it (Linux does).
 */
export async function peakMemory({ child }: TestProcess): Promise<number | undefined> {
  const status = await readFile(`/proc/${child.pid}/status`, 'utf8').catch(() => '')
  const kibibytes = /VmHWM:\s+(\d+) kB/.exec(status)?.[1]
  return kibibytes === undefined ? undefined : Number(kibibytes) / 1024
}
