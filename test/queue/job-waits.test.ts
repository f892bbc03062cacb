import { randomUUID } from 'node:crypto'
import t, { type Test } from 'tap'
import type { Clock } from '../../src/clock.ts'
import { CodedError } from '../../src/errors.ts'
import { toJobBody } from '../../src/http/bodies/job-body.ts'
import type { Job } from '../../src/store/job.ts'
import { createScrollLease } from '../../src/store/limits/scroll-lease.ts'
import { parseSyncRequest } from '../../src/sync/contract/sync-request.ts'
import { createEngine } from '../../src/sync/engine.ts'
import { createFileSpool } from '../../src/sync/pages/file-spool.ts'
import { createAcceleratedClock } from '../support/accelerated-clock.ts'
import { createDeferred } from '../support/deferred.ts'
import { type ListeningSimulator, listenSimulator } from '../support/listening-simulator.ts'
import { untilHolds } from '../support/polling.ts'
import { startRedis } from '../support/redis.ts'
import { syncRequest, tenant } from '../support/store.ts'
import { countingSync, openService, silentLog, steadyLocks, type TestService, untilEnded } from '../support/worker.ts'

const server = await startRedis(t)
const token = 'simulator-token'

/** A worker that reads a simulator; both go by a clock that runs ahead. */
function startReading(t: Test, { url }: ListeningSimulator, clock: Clock) {
  const service = openService(server, (close) => t.teardown(close), { clock })
  const lease = createScrollLease({ redis: service.redis, clock, createId: randomUUID }, token)
  const engine = createEngine({
    clock,
    random: () => 0.5,
    baseUrl: url,
    createSpool: createFileSpool,
    scrollLeaseOf: () => lease,
  })
  service.startWorker(engine, steadyLocks, undefined, silentLog)
  return { service, lease }
}

async function startJob(service: TestService, streams: string[]): Promise<number> {
  const request = parseSyncRequest({ config: { access_token: token }, streams })
  return (await service.jobs.create({ tenant, request })).jobId
}

async function untilWaiting(service: TestService, jobId: number, waitingFor: Job['waitingFor']): Promise<Job> {
  let job = await service.jobs.read(tenant, jobId)
  await untilHolds(async () => {
    job = await service.jobs.read(tenant, jobId)
    return job.waitingFor === waitingFor || job.endTime !== undefined
  })
  if (job.waitingFor !== waitingFor) throw new Error(`the job has ${job.status}`)
  return job
}

t.test('a job that has used up the rate limit says so, and until when', async (t) => {
  const clock = createAcceleratedClock(Date.now(), 5)
  const simulator = await listenSimulator(t, { contacts: 3000, rateLimitPerWindow: 12, clock })
  const { service } = startReading(t, simulator, clock)
  const jobId = await startJob(service, ['contacts'])
  const job = await untilWaiting(service, jobId, 'rate_limit')
  t.equal(job.status, 'running')
  const { waitingUntil = 0, startTime = 0 } = job
  t.ok(waitingUntil > startTime && waitingUntil < startTime + 60_000)
  const { limit, remaining = -1, resetsAt = 0 } = job.rateLimit ?? {}
  t.equal(limit, 12, 'what Intercom says of it')
  t.ok(remaining >= 0 && remaining < 12, `${remaining} left`)
  t.ok(Math.abs(resetsAt - waitingUntil) <= 10_000, `${resetsAt} ${waitingUntil}`)
  const ended = await untilEnded(service, jobId)
  t.equal(ended.status, 'succeeded')
  t.equal(ended.waitingFor, undefined)
  t.equal(ended.rateLimit, undefined)
  const [requests, waitedMs] = await service.redis.hmget(`intercom-sync:{job:${jobId}}:record`, 'requests', 'waitedMs')
  t.equal(Number(requests), simulator.requests.totals.requests)
  t.ok(Number(waitedMs) > 5000, `${waitedMs} ms`)
})

t.test('a job that waits until another one has read the scroll says so', async (t) => {
  const clock = createAcceleratedClock(Date.now(), 5)
  const simulator = await listenSimulator(t, { companies: 5, clock })
  const { service, lease } = startReading(t, simulator, clock)
  const over = createDeferred<void>()
  const held = lease.hold(new AbortController().signal, () => over.promise)
  const jobId = await startJob(service, ['companies'])
  t.equal((await untilWaiting(service, jobId, 'scroll')).waitingUntil, undefined)
  over.resolve()
  await held
  t.match(await untilEnded(service, jobId), { status: 'succeeded', waitingFor: undefined })
})

t.test("a job that waits for another application's scroll says how long it does", async (t) => {
  const clock = createAcceleratedClock(Date.now(), 20)
  const simulator = await listenSimulator(t, { companies: 5, clock })
  await simulator.read('/companies/scroll')
  const { service } = startReading(t, simulator, clock)
  const jobId = await startJob(service, ['companies'])
  const { waitingUntil = 0, startTime = 0 } = await untilWaiting(service, jobId, 'scroll')
  t.ok(waitingUntil > startTime + 14 * 60_000 && waitingUntil < startTime + 16 * 60_000)
  t.match(await untilEnded(service, jobId), { status: 'succeeded', waitingFor: undefined })
})

t.test('a job whose attempt has failed says when the next one comes', async (t) => {
  const service = openService(server, (close) => t.teardown(close))
  const fail = () => {
    throw new CodedError('intercom_unavailable')
  }
  service.startWorker(countingSync(3, fail))
  const { jobId } = await service.jobs.create({ tenant, request: syncRequest() })
  const waiting = await untilWaiting(service, jobId, 'retry')
  const { waitingUntil = 0, lastUpdatedAt } = waiting
  t.equal(waitingUntil - lastUpdatedAt, 10_000)
  t.match(toJobBody(waiting, lastUpdatedAt).lastFailure, {
    code: 'intercom_unavailable',
    failureType: 'transient_error',
  })
  const cancelled = await service.jobs.cancel(tenant, jobId)
  t.match(cancelled, { status: 'cancelled', waitingFor: undefined })
  t.equal(toJobBody(cancelled, lastUpdatedAt).lastFailure, undefined, 'it is why a job goes on, not how it ended')
})
