import { startFleet } from './fleet.ts'

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

/** How long a small job waited until a worker began it, ms. */
export interface SmallJobRun {
  waitedMs: number
  /** How long it took from then on. */
  tookMs: number
  /** Jobs of the other token that had begun by then. */
  begun: number
}

/** One small job of a tenant, posted while so many jobs of another one's rate-limited token are in the queue. */
export async function besideQueue(dataDir: string, queued: number): Promise<SmallJobRun> {
  const fleet = await startFleet({
    dataDir,
    tenants: ['busy', 'small'],
    apis: 1,
    workers: 1,
    simulated: { contacts: 3000, rateLimitPerWindow: 167, latencyMs: 50 },
  })
  try {
    const busy: number[] = []
    for (let made = 0; made < queued; made++) {
      busy.push((await fleet.start('busy', ['contacts'])).jobId)
      // A tenant may send 1,200 requests a minute.
      if (made % 100 === 99) await pause(5000)
    }
    const { jobId, createdAt } = await fleet.start('small', ['tags'])
    for (;;) {
      const { startTime, status } = await fleet.read('small', jobId)
      if (startTime !== undefined && status === 'succeeded') {
        const jobs = await Promise.all(busy.slice(0, 100).map((id) => fleet.read('busy', id)))
        const begun = jobs.filter((job) => job.startTime !== undefined).length
        return { waitedMs: startTime - createdAt, tookMs: Date.now() - startTime, begun }
      }
      await pause(100)
    }
  } finally {
    await fleet.stop()
  }
}

/** What each tenant got while all had jobs in the queue. */
export interface TenantsRun {
  /** Rows of each tenant, the fewest first. */
  rows: number[]
  seconds: number
}

/** Tenants with queues of unequal length, on two APIs and four workers, until the first queue is empty. */
export async function manyTenants(dataDir: string, count: number, seconds: number): Promise<TenantsRun> {
  const tenants = Array.from({ length: count }, (_, place) => `tenant-${place}`)
  const fleet = await startFleet({
    dataDir,
    tenants,
    apis: 2,
    workers: 4,
    simulated: { contacts: 1000, rateLimitPerWindow: 1667, latencyMs: 20 },
    environment: { WORKER_CONCURRENCY: '2' },
  })
  try {
    // The first has ten times as many as the others, before anybody else has one.
    for (const [place, tenant] of tenants.entries())
      for (let made = 0; made < (place === 0 ? 200 : 20); made++) await fleet.start(tenant, ['contacts'])
    const rowsOfAll = async () => {
      const rows: number[] = []
      for (const tenant of tenants) rows.push(await fleet.rowsOf(tenant))
      return rows
    }
    const before = await rowsOfAll()
    await pause(seconds * 1000)
    const after = await rowsOfAll()
    const rows = after.map((total, place) => total - (before[place] ?? 0))
    return { rows: rows.toSorted((one, other) => one - other), seconds }
  } finally {
    await fleet.stop()
  }
}
