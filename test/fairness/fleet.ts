import { randomBytes } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { buildSimulator } from '../../simulator/app.ts'
import type { SimulatorOptions } from '../../simulator/options.ts'
import { type OverloadedService, startOverloaded } from '../overload/service.ts'
import { provideRedis } from '../support/provided-redis.ts'

/** A job as the service shows it. */
export interface SeenJob {
  jobId: number
  status: string
  createdAt: number
  startTime?: number
  rowsSynced: number
}

/** APIs and workers on one Redis, with a simulator in this process. */
export interface Fleet {
  /** Starts a job of a tenant, whose access token is its own. */
  start(tenant: string, streams: readonly string[]): Promise<SeenJob>
  read(tenant: string, jobId: number): Promise<SeenJob>
  /** Rows of all jobs of a tenant so far. */
  rowsOf(tenant: string): Promise<number>
  /** Requests that the simulator has counted. */
  requests(): number
  stop(): Promise<void>
}

export interface FleetOptions {
  dataDir: string
  tenants: readonly string[]
  apis: number
  workers: number
  simulated: SimulatorOptions
  environment?: Record<string, string>
}

const keyOf = (tenant: string) => `key-of-${tenant}-${'0123456789'.repeat(4)}`

export async function startFleet(options: FleetOptions): Promise<Fleet> {
  const { dataDir, tenants, simulated } = options
  const accessTokens = Object.fromEntries(tenants.map((tenant) => [`token-of-${tenant}`, []]))
  const simulator = buildSimulator({ ...simulated, accessTokens })
  await simulator.app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = simulator.app.server.address() as AddressInfo
  const teardowns: (() => unknown)[] = []
  const redis = await provideRedis({ teardown: (work) => void teardowns.push(work) })
  const environment = {
    ...options.environment,
    REDIS_URL: `redis://127.0.0.1:${redis.port}`,
    ENCRYPTION_KEYS: `test:${randomBytes(32).toString('base64')}`,
    INTERCOM_BASE_URL: `http://127.0.0.1:${port}`,
    API_KEYS: tenants.map((tenant) => `${tenant}:${keyOf(tenant)}`).join(),
  }
  const services: OverloadedService[] = []
  for (let place = 0; place < options.apis; place++)
    services.push(await startOverloaded({ dataDir, role: '--api', environment }))
  const urls = services.map(({ url }) => url)
  for (let place = 0; place < options.workers; place++)
    services.push(await startOverloaded({ dataDir, role: '--worker', environment }))
  let calls = 0

  async function call<Body>(tenant: string, path: string, body?: object): Promise<Body> {
    const response = await fetch(`${urls[calls++ % urls.length]}/v1/jobs${path}`, {
      headers: { authorization: `Bearer ${keyOf(tenant)}`, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { method: 'POST', body: JSON.stringify(body) }),
    })
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`)
    return (await response.json()) as Body
  }

  async function rowsOf(tenant: string): Promise<number> {
    let rows = 0
    for (let cursor: string | undefined = ''; cursor !== undefined; ) {
      const page: JobPage = await call(tenant, `?limit=50${cursor === '' ? '' : `&cursor=${cursor}`}`)
      rows += page.data.reduce((sum, { rowsSynced }) => sum + rowsSynced, 0)
      cursor = page.next
    }
    return rows
  }

  return {
    start: async (tenant, streams) =>
      withTimes(await call(tenant, '', { config: { access_token: `token-of-${tenant}` }, streams })),
    read: async (tenant, jobId) => withTimes(await call(tenant, `/${jobId}`)),
    rowsOf,
    requests: () => simulator.requests.totals.requests,
    async stop() {
      for (const service of services.toReversed()) await service.stop()
      await simulator.app.close()
      for (const teardown of teardowns) await teardown()
    },
  }
}

interface JobPage {
  data: SeenJob[]
  next?: string
}

interface Times {
  createdAt: string | number
  startTime?: string | number
}

function withTimes(job: Omit<SeenJob, 'createdAt' | 'startTime'> & Times): SeenJob {
  const { createdAt, startTime, ...rest } = job
  return { ...rest, createdAt: msOf(createdAt), ...(startTime !== undefined && { startTime: msOf(startTime) }) }
}

/** Unix seconds or a date, as ms since the epoch. */
function msOf(time: string | number): number {
  return typeof time === 'number' ? time * 1000 : Date.parse(time)
}
