import { setTimeout as pass } from 'node:timers/promises'
import { startBridgedService } from '../support/bridged-service.ts'
import { configuredCatalog } from '../support/configured-catalog.ts'
import { scrape } from '../support/metrics.ts'
import type { Teardown } from '../support/processes.ts'
import { readCpuSeconds } from './commands.ts'

export interface QueuedJobs {
  jobs: number
  workers: number
  /** How long Redis is looked at, ms. */
  lookMs: number
}

export interface QueuedJobsFigures {
  /** Jobs that waited in the queue all the time. */
  waiting: number
  /** CPU time of Redis in parts of a core, with all of the jobs waiting, and with none. */
  share: number
  shareWithoutJobs: number
}

/** The service lets a tenant make 1,200 calls a minute. */
const jobsPerTenant = 1000

/** Workers whose jobs get no answer of Intercom, while many more jobs wait: what is left to Redis is the looking after them. */
export async function lookAtQueuedJobs(t: Teardown, { jobs, workers, lookMs }: QueuedJobs): Promise<QueuedJobsFigures> {
  const keys = Array.from(
    { length: Math.ceil(jobs / jobsPerTenant) },
    (_, tenant) => `key-of-tenant-${tenant}-of-many-jobs`,
  )
  const service = await startBridgedService(
    t,
    { contacts: 5, conversations: 0, companies: 0 },
    { API_KEYS: keys.map((key, tenant) => `tenant${tenant}:${key}`).join() },
  )
  for (let more = 1; more < workers; more++) await service.addWorker()
  const redis = service.redis.connect()
  const share = async () => {
    const before = await readCpuSeconds(redis)
    const began = performance.now()
    await pass(lookMs)
    return ((await readCpuSeconds(redis)) - before) / ((performance.now() - began) / 1000)
  }
  const shareWithoutJobs = await share()

  service.intercom.faults.next([{ holdUntil: 'the end', repeat: Number.POSITIVE_INFINITY }])
  const body = JSON.stringify({ config: { access_token: 'simulator-token' }, catalog: configuredCatalog(['contacts']) })
  for (let created = 0; created < jobs; created++) {
    const headers = { authorization: `Bearer ${keys[created % keys.length]}` }
    const response = await service.fetch('/v1/jobs?detach=true', { method: 'POST', body, headers })
    if (response.status !== 202) throw new Error(`job ${created + 1}: ${response.status} ${await response.text()}`)
  }
  const found = { share: await share(), shareWithoutJobs }
  const metrics = await scrape(service.url)
  return { ...found, waiting: metrics.get('intercom_sync_queue_jobs{state="waiting"}') ?? 0 }
}
