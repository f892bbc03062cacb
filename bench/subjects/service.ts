import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { allocatorOfImages } from '../../test/support/image-environment.ts'
import { runCompiled, type Teardown, type TestProcess } from '../../test/support/processes.ts'
import { costOf, type ProcessCost } from './process-cost.ts'
import { countRecords } from './record-counter.ts'
import type { MeasuredIntercom } from './simulator.ts'

/** A service, each part in a process of its own: the API with the Redis that it starts, and the workers. */
export interface MeasuredService {
  url: string
  api: TestProcess
  workers: readonly TestProcess[]
}

/** @param environment more variables for API and workers */
export async function startService(
  t: Teardown,
  intercom: MeasuredIntercom,
  { workers: count = 1, environment = {} as Record<string, string> } = {},
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
  const api = start('api')
  const url = (await api.untilLine(/^intercom-sync listens on/)).split(' ').at(-1) ?? ''
  const workers = Array.from({ length: count }, () => start('worker'))
  await Promise.all(workers.map((worker) => worker.untilLine(/worker started/)))
  return { url, api, workers }
}

export interface JobToRun {
  token: string
  streams: readonly string[]
  /** Whether it is given up at its first record. @defaultValue false: it is read to its end */
  onlyFirst?: boolean
}

/** A job as its reader saw it. */
export interface JobRun {
  seconds: number
  /** Ms from the POST on; NaN without records. */
  firstRecordMs: number
  records: number
  bytes: number
}

/** Posts a job and reads its messages as fast as they come. @throws Error when it is refused, or fails */
export async function runJob(url: string, { token, streams, onlyFirst = false }: JobToRun): Promise<JobRun> {
  const start = performance.now()
  const startedAt = Date.now()
  const leaving = new AbortController()
  const answer = await fetch(`${url}/v1/jobs?grace=0`, {
    method: 'POST',
    // fetch asks for gzip by itself. What that costs is the reader's choice, and curl does not ask for it.
    headers: { 'content-type': 'application/json', accept: 'application/x-ndjson', 'accept-encoding': 'identity' },
    body: JSON.stringify({ config: { access_token: token, start_date: '2010-01-01T00:00:00Z' }, streams }),
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
  return { seconds: (performance.now() - start) / 1000, firstRecordMs: firstRecordAt - startedAt, ...counts }
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
