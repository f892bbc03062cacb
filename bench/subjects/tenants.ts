import { randomBytes } from 'node:crypto'
import { type Static, type TSchema, Type } from 'typebox'
import { Value } from 'typebox/value'
import type { Teardown } from '../../test/support/processes.ts'
import { provideRedis } from '../../test/support/provided-redis.ts'
import { type MeasuredService, startService } from './service.ts'
import type { MeasuredIntercom } from './simulator.ts'

const job = Type.Object({
  jobId: Type.Integer(),
  status: Type.String(),
  createdAt: Type.String(),
  startTime: Type.Optional(Type.String()),
  rowsSynced: Type.Integer(),
  waitingFor: Type.Optional(Type.String()),
})
const jobPage = Type.Object({ data: Type.Array(job), next: Type.Optional(Type.String()) })

/** A job as the service shows it. */
export type SeenJob = Static<typeof job>

/** A service that tenants share, each with an API key and an access token of its own. */
export interface SharedService extends Pick<MeasuredService, 'addWorkers'> {
  post(tenant: number, streams: readonly string[]): Promise<SeenJob>
  read(tenant: number, jobId: number): Promise<SeenJob>
  /** All jobs of a tenant. */
  list(tenant: number): Promise<SeenJob[]>
  /** Whether a tenant has a job that has not begun. */
  hasPending(tenant: number): Promise<boolean>
}

const keyOf = (tenant: number) => `key-of-${tenant}-${'0123456789'.repeat(4)}`
const tokenOf = (tenant: number) => `token-of-${tenant}`

/** The access tokens that the simulator has to know. */
export const tokensOf = (tenants: number): Record<string, string[]> =>
  Object.fromEntries(Array.from({ length: tenants }, (_, tenant) => [tokenOf(tenant), []]))

/** Without a worker: these are added. */
export async function startShared(
  t: Teardown,
  intercom: MeasuredIntercom,
  { tenants, apis, environment }: { tenants: number; apis: number; environment?: Record<string, string> },
): Promise<SharedService> {
  const keys = Array.from({ length: tenants }, (_, tenant) => `tenant-${tenant}:${keyOf(tenant)}`)
  // Of the APIs that start a Redis of their own, there can be only one.
  const redis = await provideRedis(t)
  const variables = {
    ...environment,
    REDIS_URL: `redis://127.0.0.1:${redis.port}`,
    ENCRYPTION_KEYS: `bench:${randomBytes(32).toString('base64')}`,
    API_KEYS: keys.join(),
  }
  const { urls, addWorkers } = await startService(t, intercom, { apis, workers: 0, environment: variables })
  let calls = 0

  async function call<Schema extends TSchema>(schema: Schema, tenant: number, path: string, body?: object) {
    const response = await fetch(`${urls[calls++ % urls.length]}/v1/jobs${path}`, {
      headers: { authorization: `Bearer ${keyOf(tenant)}`, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { method: 'POST', body: JSON.stringify(body) }),
    })
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`)
    return Value.Parse(schema, await response.json())
  }

  return {
    addWorkers,
    post: (tenant, streams) => call(job, tenant, '', { config: { access_token: tokenOf(tenant) }, streams }),
    read: (tenant, jobId) => call(job, tenant, `/${jobId}`),
    async list(tenant) {
      const jobs: SeenJob[] = []
      for (let cursor: string | undefined = ''; cursor !== undefined; ) {
        const page: Static<typeof jobPage> = await call(
          jobPage,
          tenant,
          `?limit=50${cursor === '' ? '' : `&cursor=${cursor}`}`,
        )
        jobs.push(...page.data)
        cursor = page.next
      }
      return jobs
    },
    hasPending: async (tenant) => (await call(jobPage, tenant, '?status=pending&limit=1')).data.length > 0,
  }
}
