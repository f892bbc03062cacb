import { randomUUID } from 'node:crypto'
import t from 'tap'
import { systemClock } from '../../src/clock.ts'
import { createRedisBudgetStore } from '../../src/store/limits/redis-budget-store.ts'
import { parseSyncRequest } from '../../src/sync/contract/sync-request.ts'
import { createEngine } from '../../src/sync/engine.ts'
import { createFileSpool } from '../../src/sync/pages/file-spool.ts'
import { startApp } from '../support/app.ts'
import { listenSimulator } from '../support/listening-simulator.ts'
import { untilHolds } from '../support/polling.ts'
import { startRedis } from '../support/redis.ts'
import { tenant } from '../support/store.ts'
import { openService, silentLog, steadyLocks } from '../support/worker.ts'

/** What a check asks fits into the reserve. */
const config = { access_token: 'simulator-token', api_rate_reserve: 20 }

t.test('a check goes before a job that uses the whole limit, and is no other application to it', async (t) => {
  const server = await startRedis(t)
  const simulator = await listenSimulator(t, { contacts: 30_000, rateLimitPerWindow: 100 })
  const service = openService(server, (close) => t.teardown(close))
  const budgetStore = createRedisBudgetStore({ ...service, createId: randomUUID, whenAway: 'alone' })
  const { app } = await startApp(t, server, { intercomBaseUrl: simulator.url, keys: service.keys, budgetStore })
  const engine = createEngine({
    clock: systemClock,
    random: () => 0.5,
    baseUrl: simulator.url,
    createSpool: createFileSpool,
    scrollLeaseOf: () => ({ hold: (_signal, work) => work() }),
    budgetStore: createRedisBudgetStore({ ...service, createId: randomUUID }),
  })
  service.startWorker(engine, steadyLocks, undefined, silentLog)
  const request = parseSyncRequest({ config, streams: ['contacts'] })
  const { jobId } = await service.jobs.create({ tenant, request })
  let jobWaitsUntil = 0
  await untilHolds(async () => {
    const { waitingFor, waitingUntil = 0 } = await service.jobs.read(tenant, jobId)
    jobWaitsUntil = waitingUntil
    return waitingFor === 'rate_limit' && waitingUntil - Date.now() > 4000
  })
  const answer = await app.inject({ method: 'POST', url: '/v1/check', payload: { config } })
  t.equal(answer.json().connectionStatus.status, 'SUCCEEDED', answer.body)
  const earlierMs = jobWaitsUntil - Date.now()
  t.ok(earlierMs > 0, `${earlierMs} ms before the job may ask again`)
  t.equal(simulator.requests.totals.byStatus[429], undefined)
  const [usageKey = ''] = await service.redis.keys('intercom-sync:{budget}:token:*')
  t.match((await service.redis.get(usageKey)) ?? '', /"othersSeenAt":0/)
  await service.jobs.cancel(tenant, jobId)
})
