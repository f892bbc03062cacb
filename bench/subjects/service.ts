import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { allocatorOfImages } from '../../test/support/image-environment.ts'
import { runCompiled, type Teardown, type TestProcess } from '../../test/support/processes.ts'
import { costOf, type ProcessCost } from './process-cost.ts'
import { countRecords } from './record-counter.ts'
import type { MeasuredIntercom } from './simulator.ts'

/** A service, each part in a process of its own: APIs, the first with the Redis that it starts, and the workers. */
export interface MeasuredService {
  url: string
  /** Of all APIs. */
  urls: readonly string[]
  api: TestProcess
  workers: readonly TestProcess[]
  /** Starts more workers. */
  addWorkers(count: number): Promise<void>
}

export interface ServiceToStart {
  /** @defaultValue 1 */
  apis?: number
  /** @defaultValue 1 */
  workers?: number
  /** More variables for APIs and workers. */
  environment?: Record<string, string>
}

export async function startService(
  t: Teardown,
  intercom: MeasuredIntercom,
  { apis = 1, workers: count = 1, environment = {} }: ServiceToStart = {},
): Promise<MeasuredService> {
  const dataDir = await mkdtemp(join(tmpdir(), 'intercom-sync-bench-'))
  t.teardown(() => rm(dataDir, { recursive: true, force: true }))
  const variables = {
    PORT: '0',
    DATA_DIR: dataDir,
    INTERCOM_BASE_URL: intercom.url,
    ...allocatorOfImages(),
    ...intercom.environment,
    ...environment,
  }
  const start = (role: string) => runCompiled(t, 'test/support/serve-process.js', [`--${role}`], variables)
  const startApi = async () => {
    const api = start('api')
    return { api, url: (await api.untilLine(/^intercom-sync listens on/)).split(' ').at(-1) ?? '' }
  }
  const { api, url } = await startApi()
  const others = await Promise.all(Array.from({ length: apis - 1 }, startApi))
  const workers: TestProcess[] = []
  const addWorkers = async (more: number) => {
    const added = Array.from({ length: more }, () => start('worker'))
    workers.push(...added)
    await Promise.all(added.map((worker) => worker.untilLine(/worker started/)))
  }
  await addWorkers(count)
  return { url, urls: [url, ...others.map((other) => other.url)], api, workers, addWorkers }
}

export interface JobToRun {
  token: string
  streams: readonly string[]
  /** @defaultValue the usual one */
  apiVersion?: string | undefined
  /** Whether it is given up at its first record. @defaultValue false: it is read to its end */
  onlyFirst?: boolean
}

/** A job as its reader saw it. */
export interface JobRun {
  jobId: number
  seconds: number
  /** Ms from the POST on; NaN without records. */
  firstRecordMs: number
  /** When it had ended and its reader had all of it, ms since the epoch. */
  endedAt: number
  records: number
  bytes: number
}

/** Posts a job and reads its messages as fast as they come. @throws Error when it is refused, or fails */
export async function runJob(
  url: string,
  { token, streams, apiVersion, onlyFirst = false }: JobToRun,
): Promise<JobRun> {
  const start = performance.now()
  const startedAt = Date.now()
  const leaving = new AbortController()
  const answer = await fetch(`${url}/v1/jobs?grace=0`, {
    method: 'POST',
    // fetch asks for gzip by itself. What that costs is the reader's choice, and curl does not ask for it.
    headers: { 'content-type': 'application/json', accept: 'application/x-ndjson', 'accept-encoding': 'identity' },
    body: JSON.stringify({
      config: { access_token: token, start_date: '2010-01-01T00:00:00Z', api_version: apiVersion },
      streams,
    }),
    signal: leaving.signal,
  })
  if (!answer.ok) throw new Error(`POST /v1/jobs: ${answer.status} ${await answer.text()}`)
  const counter = countRecords()
  for await (const piece of answer.body ?? []) {
    counter.take(piece as Uint8Array)
    if (onlyFirst && counter.counts().records > 0) break
  }
  leaving.abort()
  const { firstRecordAt, ...counts } = counter.counts()
  const path = answer.headers.get('location') ?? ''
  const { status } = await ended(url + path)
  if (status !== (onlyFirst ? 'cancelled' : 'succeeded') && !(onlyFirst && status === 'succeeded'))
    throw new Error(`${path} of ${streams.join(', ')} ended as ${status}`)
  const seconds = (performance.now() - start) / 1000
  return {
    jobId: Number(path.split('/').at(-1)),
    seconds,
    firstRecordMs: firstRecordAt - startedAt,
    endedAt: Date.now(),
    ...counts,
  }
}

/** The job when it has ended: what comes after it must not meet its last requests. */
async function ended(job: string): Promise<{ status: string }> {
  for (;;) {
    const found = (await (await fetch(`${job}?wait=50`)).json()) as { status: string }
    if (['succeeded', 'failed', 'cancelled'].includes(found.status)) return found
  }
}

/** What API and workers have cost so far; of several workers the sum, and the most memory that one of them has held. */
export function costsOf({ api, workers }: MeasuredService): Record<'api' | 'worker', ProcessCost> {
  const each = workers.map(costOf)
  return {
    api: costOf(api),
    worker: {
      cpuSeconds: each.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0),
      peakMebibytes: Math.max(...each.map(({ peakMebibytes }) => peakMebibytes)),
    },
  }
}

/** How often the API has collected its whole heap. */
export async function collectionsOf({ url }: MeasuredService): Promise<number> {
  const metrics = await (await fetch(`${url}/metrics`)).text()
  return Number(/^nodejs_gc_duration_seconds_count\{kind="major"\} (\d+)/m.exec(metrics)?.[1] ?? 0)
}
