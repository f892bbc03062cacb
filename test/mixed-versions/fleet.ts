import { randomBytes } from 'node:crypto'
import type { Redis } from 'ioredis'
import { readUsage, storedVersionOf } from '../../src/store/limits/stored-usage.ts'
import { findFreePort } from '../support/free-port.ts'
import { budgetKey, jobKey } from '../support/keys.ts'
import { runProcess, type Teardown, type TestProcess } from '../support/processes.ts'
import { startRedis } from '../support/redis.ts'
import { type Executables, type Version, versions } from './versions.ts'

/** Who calls: each has an API key. */
export const tenants = ['keeper', 'connected', 'live', 'sharing', 'cancelling'] as const
export type Tenant = (typeof tenants)[number]

/** How far a job has come. */
export interface Progress {
  messages: number
  hasEnded: boolean
}

/** The usage of one token in Redis. */
export interface StoredUsage {
  key: string
  /** The process that wrote it. */
  writer: string
  /** Attempts that share it. */
  members: number
}

/** One Redis, an API of each version, and as many workers as are wanted at the moment. */
export interface Fleet {
  /** Calls the API of a version; once more when the API is replaced meanwhile, so POSTs need a key. */
  call(version: Version, tenant: Tenant, path: string, init?: RequestInit): Promise<Response>
  /** Ends the API of a version and starts it again. Resolves when it listens. */
  replaceApi(version: Version, signal: NodeJS.Signals): Promise<void>
  /** Versions that have a worker. */
  readonly workers: ReadonlySet<Version>
  startWorker(version: Version): Promise<void>
  endWorker(version: Version, signal: NodeJS.Signals): Promise<void>
  /** Straight from Redis: APIs may be away. */
  progressOf(jobId: number): Promise<Progress>
  /** What is kept of the requests with each token that was used lately. */
  readUsages(): Promise<StoredUsage[]>
  /** What was wrong with processes and answers since they were taken last. */
  takeFaults(): string[]
}

interface Api {
  process: TestProcess
  url: string
}

const ended = new Set(['succeeded', 'failed', 'cancelled'])
const json = { 'content-type': 'application/json' }

/** Starts Redis and an API of each version; no worker yet. @param intercom address of the workspaces */
export async function startFleet(t: Teardown, executables: Executables, intercom: string): Promise<Fleet> {
  const port = await findFreePort()
  const redis = await startRedis(t, ['--port', String(port), '--appendonly', 'yes', '--appendfsync', 'everysec'])
  const store = redis.connect()
  const keys = new Map(tenants.map((tenant) => [tenant, randomBytes(24).toString('hex')]))
  const environment = {
    REDIS_URL: `redis://127.0.0.1:${port}`,
    API_KEYS: [...keys].map(([tenant, key]) => `${tenant}:${key}`).join(','),
    ENCRYPTION_KEYS: `k1:${randomBytes(32).toString('base64')}`,
    INTERCOM_BASE_URL: intercom,
    PORT: '0',
  }
  const faults: string[] = []
  const start = (version: Version, role: 'api' | 'worker', logLevel: string) =>
    runProcess(t, process.execPath, [executables[version], 'serve', `--${role}`], {
      ...environment,
      LOG_LEVEL: logLevel,
    })
  const startApi = async (version: Version): Promise<Api> => {
    const api = start(version, 'api', 'warn')
    const url = (await api.untilLine(/^intercom-sync listens on/)).split(' ').at(-1) ?? ''
    return { process: api, url }
  }
  const end = async (what: string, running: TestProcess, signal: NodeJS.Signals) => {
    const code = await running.end(signal)
    if (signal === 'SIGTERM' && code !== 0) faults.push(`${what} ended with ${code}: ${running.stderr().slice(-500)}`)
  }
  const apis = { old: startApi('old'), new: startApi('new') }
  await Promise.all(versions.map((version) => apis[version]))
  const workers = new Map<Version, TestProcess>()
  return {
    get workers() {
      return new Set(workers.keys())
    },
    call: createCall({ apiOf: (version) => apis[version], keyOf: (tenant) => keys.get(tenant) ?? '', faults }),
    async replaceApi(version, signal) {
      const { process } = await apis[version]
      apis[version] = end(`the ${version} API`, process, signal).then(() => startApi(version))
      await apis[version]
    },
    async startWorker(version) {
      const worker = start(version, 'worker', 'info')
      workers.set(version, worker)
      await worker.untilLine(/worker started/)
    },
    async endWorker(version, signal) {
      const worker = workers.get(version)
      if (!worker) return
      workers.delete(version)
      await end(`the ${version} worker`, worker, signal)
      faults.push(...failedAttempts(version, worker))
    },
    async progressOf(jobId) {
      const [messages, status] = await store.hmget(jobKey(jobId, 'record'), 'messages', 'status')
      return { messages: Number(messages), hasEnded: ended.has(status ?? '') }
    },
    readUsages: () => readUsages(store),
    takeFaults: () => faults.splice(0),
  }
}

/** Intercom does nothing wrong here: no attempt may fail. */
const failedAttempts = (version: Version, worker: TestProcess): string[] =>
  worker
    .stderr()
    .split('\n')
    .filter((line) => line.includes('attempt failed'))
    .map((line) => `the ${version} worker: ${line}`)

async function readUsages(store: Redis): Promise<StoredUsage[]> {
  const names = await store.keys(budgetKey('token', '*'))
  const values = await Promise.all(names.map((key) => store.get(key)))
  return names.map((key, place) => {
    const value = values[place] ?? ''
    const [writer = ''] = storedVersionOf(value).split('.')
    return { key, writer, members: Object.keys(readUsage(value, '').token?.members ?? {}).length }
  })
}

interface CallDependencies {
  apiOf(version: Version): Promise<Api>
  keyOf(tenant: Tenant): string
  faults: string[]
}

function createCall({ apiOf, keyOf, faults }: CallDependencies): Fleet['call'] {
  return async function call(version, tenant, path, init = {}) {
    const headers = { authorization: `Bearer ${keyOf(tenant)}`, ...(init.body && json), ...init.headers }
    for (;;) {
      const api = apiOf(version)
      const { url, process } = await api
      const isReplaced = () => apiOf(version) !== api
      const response = await fetch(url + path, { ...init, headers }).catch((cause: unknown) => {
        if (isReplaced()) return undefined
        throw new Error(`the ${version} API does not answer: ${process.stderr().slice(-1000)}`, { cause })
      })
      if (response === undefined || (response.status === 503 && isReplaced())) continue
      if (response.status < 500) return response
      const text = await response.text()
      // A machine that is short of CPU says nothing about versions.
      if (text.includes('"overloaded"')) continue
      faults.push(`the ${version} API answered ${response.status} to ${init.method ?? 'GET'} ${path}: ${text}`)
      return new Response(text, response)
    }
  }
}
