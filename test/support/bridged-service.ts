import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SimulatorOptions } from '../../simulator/options.ts'
import { findFreePort } from './free-port.ts'
import { type ListeningSimulator, listenSimulator } from './listening-simulator.ts'
import { untilHolds } from './polling.ts'
import { runCompiled, type Teardown, type TestProcess } from './processes.ts'
import { startRedis, type TestRedis } from './redis.ts'
import { openPort } from './tcp-proxy.ts'

interface JobOfService {
  jobId: number
  status: string
  messageCount: number
  bytesSynced: number
  waitingFor?: string
  failure?: { code: string; message: string }
}

/** A service for a bridge: API and worker as separate processes, on a Redis that outlives both. */
export interface BridgedService {
  url: string
  port: number
  key: string
  intercom: ListeningSimulator
  redis: TestRedis
  processes(): { api: TestProcess; worker: TestProcess }
  /** Starts one more worker. */
  addWorker(): Promise<TestProcess>
  /** Ends the API with a signal and starts another one on the same port. */
  restartApi(signal: NodeJS.Signals): Promise<void>
  stopApi(signal: NodeJS.Signals): Promise<void>
  /** Starts another API on the same port, after one was stopped. */
  startApiAgain(): Promise<void>
  stopWorker(signal: NodeJS.Signals): Promise<void>
  /** Calls the API with the key. */
  fetch(path: string, options?: RequestInit & { headers?: Record<string, string> }): Promise<Response>
  /** All jobs, the newest first. */
  jobs(): Promise<JobOfService[]>
  /** Waits for a job to exist, and returns the newest. */
  untilStarted(): Promise<JobOfService>
  /** Waits until the job's status is one of those named, and returns the job. */
  untilStatus(jobId: number, ...wanted: string[]): Promise<JobOfService>
  /** Waits until the job waits for a worker, and returns the job. */
  untilWaiting(jobId: number): Promise<JobOfService>
  /** The whole log of a job, read at once. */
  messages(jobId: number): Promise<Buffer>
}

/**
 * @param more further variables of the API and the worker, once it is known where these and the simulator listen;
 *   `API_KEYS` come beside the service's own
 */
export async function startBridgedService(
  t: Teardown,
  options: SimulatorOptions = {},
  more: Record<string, string> | ((at: { url: string; intercom: string }) => Record<string, string>) = {},
): Promise<BridgedService> {
  const intercom = await listenSimulator(t, options)
  const redis = await startRedis(t)
  const dataDir = await mkdtemp(join(tmpdir(), 'intercom-sync-bridged-'))
  t.teardown(() => rm(dataDir, { recursive: true, force: true }))
  const port = await findFreePort()
  const key = randomBytes(24).toString('hex')
  const own = typeof more === 'function' ? more({ url: `http://127.0.0.1:${port}`, intercom: intercom.url }) : more
  const environment = {
    PORT: String(port),
    DATA_DIR: dataDir,
    INTERCOM_BASE_URL: intercom.url,
    REDIS_URL: `redis://127.0.0.1:${await openPort(t, redis.socket)}`,
    ENCRYPTION_KEYS: `test:${randomBytes(32).toString('base64')}`,
    ...own,
    API_KEYS: [`default:${key}`, ...(own.API_KEYS ? [own.API_KEYS] : [])].join(','),
  }
  const serve = 'test/support/serve-process.js'
  const startApi = async (): Promise<TestProcess> => {
    const api = runCompiled(t, serve, ['--api'], environment)
    await api.untilLine(/^intercom-sync listens on/)
    return api
  }
  const addWorker = async (): Promise<TestProcess> => {
    const worker = runCompiled(t, serve, ['--worker'], environment)
    await worker.untilLine(/worker started/)
    return worker
  }
  let api = await startApi()
  const worker = await addWorker()

  const url = `http://127.0.0.1:${port}`
  const call: BridgedService['fetch'] = (path, init = {}) =>
    fetch(url + path, {
      ...init,
      headers: {
        authorization: `Bearer ${key}`,
        ...(init.body && { 'content-type': 'application/json' }),
        ...init.headers,
      },
    })
  const jobs = async (): Promise<JobOfService[]> => {
    const { data } = (await (await call('/v1/jobs')).json()) as { data: JobOfService[] }
    return data
  }
  return {
    url,
    port,
    key,
    intercom,
    redis,
    processes: () => ({ api, worker }),
    addWorker,
    async restartApi(signal) {
      await api.end(signal)
      api = await startApi()
    },
    async stopApi(signal) {
      await api.end(signal)
    },
    async startApiAgain() {
      api = await startApi()
    },
    async stopWorker(signal) {
      await worker.end(signal)
    },
    fetch: call,
    jobs,
    async untilStarted() {
      let newest: JobOfService | undefined
      await untilHolds(async () => {
        newest = (await jobs())[0]
        return newest !== undefined
      })
      return newest as JobOfService
    },
    async untilStatus(jobId, ...wanted) {
      // The first look does not wait: it may have the status already, and would stay for a change of it.
      for (let seconds = 0; ; seconds = 60) {
        const job = (await (await call(`/v1/jobs/${jobId}?wait=${seconds}`)).json()) as JobOfService
        if (wanted.includes(job.status)) return job
      }
    },
    async untilWaiting(jobId) {
      for (;;) {
        const job = (await (await call(`/v1/jobs/${jobId}?wait=1`)).json()) as JobOfService
        if (job.waitingFor === 'worker') return job
      }
    },
    async messages(jobId) {
      return Buffer.from(await (await call(`/v1/jobs/${jobId}/messages?follow=false`)).arrayBuffer())
    },
  }
}
