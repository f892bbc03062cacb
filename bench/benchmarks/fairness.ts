import { setTimeout } from 'node:timers/promises'
import type { Benchmark, Cell } from '../benchmark.ts'
import { startIntercom } from '../subjects/simulator.ts'
import { type SharedService, startShared, tokensOf } from '../subjects/tenants.ts'

/** Small jobs that are posted one after the other while so many jobs of another tenant's rate-limited token wait. */
function besideQueue(name: string, queued: number, smallJobs: number): Cell {
  const [busy, small] = [0, 1]
  return {
    name,
    seconds: 60,
    async open(t) {
      const intercom = await startIntercom(t, {
        contacts: 3000,
        rateLimitPerWindow: 167,
        latencyMs: 50,
        accessTokens: tokensOf(2),
      })
      const service = await startShared(t, intercom, { tenants: 2, apis: 1 })
      await service.addWorkers(1)
      return async () => {
        const jobs: number[] = []
        for (let made = 0; made < queued; made++) jobs.push((await service.post(busy, ['contacts'])).jobId)
        await untilLimited(service, busy, jobs)
        const waits: number[] = []
        for (let made = 0; made < smallJobs; made++) waits.push(await waitOf(service, small))
        const begun = (await service.list(busy)).filter(({ status }) => status !== 'pending').length
        return { small: { waitedMs: Math.max(...waits), begun } }
      }
    },
  }
}

/** Resolves once one of the oldest jobs waits for its token's limit, or all of these have ended: there are few. */
async function untilLimited(service: SharedService, tenant: number, jobs: readonly number[]): Promise<void> {
  for (;;) {
    const oldest = await Promise.all(jobs.slice(0, 10).map((jobId) => service.read(tenant, jobId)))
    if (oldest.some(({ waitingFor }) => waitingFor === 'rate_limit')) return
    if (oldest.every(({ status }) => status === 'succeeded')) return
    await setTimeout(200)
  }
}

/** How long a job of one list waits until a worker begins it, ms. */
async function waitOf(service: SharedService, tenant: number): Promise<number> {
  const { jobId, createdAt } = await service.post(tenant, ['tags'])
  for (;;) {
    const { startTime, status } = await service.read(tenant, jobId)
    if (startTime !== undefined && status === 'succeeded') return Date.parse(startTime) - Date.parse(createdAt)
    await setTimeout(100)
  }
}

/** Tenants with queues of unequal length, on two APIs and four workers of two slots, until the first queue is empty. */
function manyTenants(name: string, tenants: number, jobsOfEach: number): Cell {
  const all = Array.from({ length: tenants }, (_, tenant) => tenant)
  return {
    name,
    seconds: 100,
    async open(t) {
      const intercom = await startIntercom(t, {
        contacts: 1000,
        rateLimitPerWindow: 1667,
        latencyMs: 20,
        accessTokens: tokensOf(tenants),
      })
      const environment = { WORKER_CONCURRENCY: '2' }
      const service = await startShared(t, intercom, { tenants, apis: 2, environment })
      return async () => {
        // The first has ten times as many as the others, before anybody else has one.
        for (const tenant of all)
          for (let made = 0; made < jobsOfEach * (tenant === 0 ? 10 : 1); made++)
            await service.post(tenant, ['contacts'])
        const start = performance.now()
        await service.addWorkers(4)
        while ((await Promise.all(all.map(service.hasPending))).every((isPending) => isPending)) await setTimeout(500)
        const seconds = (performance.now() - start) / 1000
        const jobs = await Promise.all(all.map(service.list))
        const rows = jobs.map((list) => list.reduce((sum, { rowsSynced }) => sum + rowsSynced, 0))
        const total = rows.reduce((sum, count) => sum + count, 0)
        const shareOf = (count: number) => count / (total / tenants)
        return {
          tenants: {
            recordsPerSecond: total / seconds,
            slowestShare: shareOf(Math.min(...rows)),
            fastestShare: shareOf(Math.max(...rows)),
          },
        }
      }
    },
  }
}

export const fairness: Benchmark = {
  name: 'fairness',
  title: 'Whose job comes next',
  about: [
    '`beside-1000-jobs` is how long a small job waits until a worker begins it, while 1,000 jobs of another tenant wait, whose access token may send 167 requests per 10 s: the longest of five. `20-tenants` share two APIs and four workers of two slots; each has 30 jobs in the queue before the first worker starts, the first one ten times as many. What each has got is compared when the first queue is empty.',
  ],
  columns: [
    { figure: 'waitedMs', heading: 'Waited, ms', digits: 0 },
    { figure: 'begun', heading: 'Others begun', digits: 0 },
    { figure: 'recordsPerSecond', heading: 'Records/s', digits: 0 },
    { figure: 'slowestShare', heading: 'Slowest, % of fair share', factor: 100, digits: 0 },
    { figure: 'fastestShare', heading: 'Fastest', factor: 100, digits: 0 },
  ],
  plots: [],
  goals: [
    {
      text: 'Small job beside 1,000 jobs of a limited token begins after, ms',
      rows: /^beside-/,
      figure: 'waitedMs',
      atMost: 5000,
    },
    { text: 'Slowest of 20 tenants, of its fair share', rows: /tenants/, figure: 'slowestShare', atLeast: 0.25 },
  ],
  headlines: [],
  cells: (amount) => [
    besideQueue('beside-1000-jobs', amount(1000), amount(5)),
    manyTenants('20-tenants', Math.max(2, amount(20)), amount(30)),
  ],
}
