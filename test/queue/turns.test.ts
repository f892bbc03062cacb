import { randomUUID } from 'node:crypto'
import t, { type Test } from 'tap'
import { systemClock } from '../../src/clock.ts'
import { type AttemptOutcome, unobserved } from '../../src/queue/attempt-observer.ts'
import { createRedisBudgetStore } from '../../src/store/limits/redis-budget-store.ts'
import { parseSyncRequest } from '../../src/sync/contract/sync-request.ts'
import { createEngine, type StartSync } from '../../src/sync/engine.ts'
import { createFileSpool } from '../../src/sync/pages/file-spool.ts'
import { createDeferred } from '../support/deferred.ts'
import { type ListeningSimulator, listenSimulator } from '../support/listening-simulator.ts'
import { untilHolds } from '../support/polling.ts'
import { startRedis } from '../support/redis.ts'
import { tenant } from '../support/store.ts'
import {
  countingSync,
  openService,
  silentLog,
  steadyLocks,
  type TestService,
  untilEnded,
  wholeLog,
} from '../support/worker.ts'

const server = await startRedis(t)
const busyToken = 'busy-token'
const otherToken = 'other-token'

function requestOf(token: string, streams: string[] = ['contacts']) {
  return parseSyncRequest({ config: { access_token: token }, streams })
}

async function createJobs(service: TestService, count: number, token: string, of = tenant): Promise<number[]> {
  const jobs: number[] = []
  for (let made = 0; made < count; made++)
    jobs.push((await service.jobs.create({ tenant: of, request: requestOf(token) })).jobId)
  return jobs
}

/** A service on an empty Redis. */
async function openEmpty(t: Test): Promise<TestService> {
  await server.connect().flushall()
  return openService(server, (close) => t.teardown(close))
}

function engineOn({ url }: ListeningSimulator, service: TestService): StartSync {
  return createEngine({
    clock: systemClock,
    random: () => 0.5,
    baseUrl: url,
    createSpool: createFileSpool,
    scrollLeaseOf: () => ({ hold: (_signal, work) => work() }),
    budgetStore: createRedisBudgetStore({ ...service, createId: randomUUID }),
  })
}

t.test('tenants take turns, then the tokens of a tenant, however many jobs each has queued', async (t) => {
  const service = await openEmpty(t)
  const names = new Map<number, string>()
  const queue = async (name: string, count: number, token: string, of: string) => {
    for (const jobId of await createJobs(service, count, token, of)) names.set(jobId, name)
  }
  await queue('a1', 20, 'one', 'a')
  await queue('a2', 2, 'two', 'a')
  await queue('b1', 3, 'three', 'b')
  const order: string[] = []
  const all = createDeferred()
  service.startWorker(
    async function* (request, options) {
      order.push(request.config.access_token)
      if (order.length === names.size) all.resolve()
      return yield* countingSync(1)(request, options)
    },
    steadyLocks,
    undefined,
    undefined,
    1,
  )
  await all.promise
  // BullMQ had eight jobs before another tenant or token had any; the rest of the order is ours.
  t.ok(order.lastIndexOf('three') <= 7, order.join(' '))
  t.ok(order.lastIndexOf('two') <= 8 + 3 + 2 * 2, order.join(' '))
})

t.test('a job does not wait for another token: jobs at their limit give their slots back', async (t) => {
  const simulator = await listenSimulator(t, {
    contacts: 400,
    rateLimitPerWindow: 20,
    accessTokens: { [busyToken]: [], [otherToken]: [] },
  })
  const service = await openEmpty(t)
  const contacts = [...simulator.workspace.truth({ streams: ['contacts'] })].length
  const busy = await createJobs(service, 8, busyToken)
  const outcomes: AttemptOutcome[] = []
  const observe = { ...unobserved, ended: (outcome: AttemptOutcome) => void outcomes.push(outcome) }
  service.startWorker(engineOn(simulator, service), steadyLocks, observe, silentLog)
  await service.jobs.readWhenChanged(tenant, busy[0] ?? 0, 60_000, new AbortController().signal)
  await untilLimited(service, busy)
  const { jobId, createdAt } = await service.jobs.create({ tenant: 'other', request: requestOf(otherToken, ['tags']) })
  let startTime: number | undefined
  await untilHolds(async () => {
    startTime = (await service.jobs.read('other', jobId)).startTime
    return startTime !== undefined
  })
  const waitedMs = (startTime ?? Infinity) - createdAt
  t.ok(waitedMs < 5000, `${waitedMs} ms`)
  for (const one of busy) {
    const ended = await untilEnded(service, one)
    t.match(ended, { status: 'succeeded', attempts: 1 })
    const lines = (await wholeLog(service, one)).trimEnd().split('\n')
    const ids = lines.flatMap((line) => (line.includes('"RECORD"') ? [JSON.parse(line).record.data.id] : []))
    t.equal(ids.length, contacts)
    t.equal(new Set(ids).size, contacts)
    t.equal(lines.filter((line) => line.includes('"STARTED"')).length, 1)
  }
  t.ok(outcomes.includes('rested'))
  t.same(new Set(outcomes), new Set(['ended', 'rested']))
  t.same(service.reported, [])
  t.same(service.errors, [])
})

/** Resolves once all slots are taken by jobs that wait for the rate limit. */
function untilLimited(service: TestService, jobIds: readonly number[]): Promise<void> {
  return untilHolds(async () => {
    const jobs = await Promise.all(jobIds.map((jobId) => service.jobs.read(tenant, jobId)))
    return jobs.filter(({ waitingFor }) => waitingFor === 'rate_limit').length >= 5
  })
}
