import fc from 'fast-check'
import t from 'tap'
import { handleDue } from '../../src/queue/due/handle-due.ts'
import type { Ack } from '../../src/schedules/connection-schedule.ts'
import type { ScheduleRecord } from '../../src/store/schedules/schedule-record.ts'
import { listScheduled, readScheduleRecord } from '../../src/store/schedules/scheduled-connections.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { startRedis } from '../support/redis.ts'
import { beginAttempt, commitOf, commitTo, openStore, type TestStore, tenant } from '../support/store.ts'

const minute = 60_000
const server = await startRedis(t)
const clock = createManualClock()
/** Two processes with connections of their own. */
const stores = [openStore(server, { clock }), openStore(server, { clock })]
const [store] = stores as [TestStore]
const settings = {
  config: { access_token: 'token' },
  catalog: {
    streams: ['contacts', 'tags'].map((name) => ({
      stream: { name, json_schema: {} },
      sync_mode: 'incremental' as const,
    })),
  },
}

let made = 0
const newConnection = () => `c${++made}`
const lookAs = (one: TestStore, connectionId: string) =>
  handleDue({ ...one, ...store, redis: one.redis }, { tenant, connectionId })
/** Everybody looks at the same moment, twice each. */
const everybodyLooks = (connectionId: string) =>
  Promise.all([...stores, ...stores].map((one) => lookAs(one, connectionId)))
const recordOf = async (connectionId: string) => {
  const record = await readScheduleRecord(store.redis, { tenant, connectionId })
  if (!record) throw new Error('there is no such connection')
  return record
}
const jobsOf = async (connectionId: string) =>
  (await store.jobs.list(tenant, { limit: 100, connectionId })).items.toReversed()

type FinalStatus = 'succeeded' | 'failed' | 'cancelled'

/** A worker's whole attempt: commits with a STATE each, if there are records, and the end. */
async function endJob(jobId: number, status: FinalStatus, records = 1, commits = 1) {
  let attempt = await beginAttempt(store, { jobId, fence: 1, attemptId: 'a' })
  const streams = [{ streamName: 'contacts', status: 'COMPLETE' as const, rowsSynced: records }]
  for (let number = 0; records > 0 && number < commits; number++)
    attempt = await commitTo(store, attempt, String(number), commitOf(1 + number * records, records, streams))
  await store.attempts.end(jobId, 1, { status })
}

async function acknowledge(jobId: number) {
  const { messageCount } = await store.jobs.read(tenant, jobId)
  await store.jobs.acknowledge(tenant, jobId, { held: messageCount, epoch: undefined })
}

/** What a connection with an interval must come to, by arithmetic alone. */
class Expected {
  #over: number
  #running = false
  #waiting = false
  #failures = 0
  #notBefore = 0
  #paused = false
  readonly jobs: number[] = []
  skipped = 0

  readonly start: number
  readonly every: number
  readonly ack: Ack

  constructor(start: number, every: number, ack: Ack) {
    this.start = start
    this.every = every
    this.ack = ack
    this.#over = start
  }

  look(now: number) {
    if (this.#paused) return
    const before = Math.floor((this.#over - this.start) / this.every)
    const count = Math.floor((now - this.start) / this.every) - before
    if (count <= 0) return
    this.#over = this.start + (before + count) * this.every
    const isBlocked = this.#running || this.#notBefore > now || (this.#waiting && this.ack === 'client')
    this.skipped += isBlocked ? count : count - 1
    if (isBlocked) return
    this.jobs.push(this.#over)
    this.#running = true
  }

  end(status: FinalStatus, now: number) {
    if (!this.#running) return false
    this.#running = false
    this.#waiting = true
    if (status === 'succeeded') {
      this.#failures = 0
      this.#notBefore = 0
    }
    if (status === 'failed') this.#notBefore = now + Math.min(2 ** this.#failures++, 60) * minute
    return true
  }

  acknowledge() {
    const isWaiting = this.#waiting
    this.#waiting = false
    return isWaiting
  }

  pause(isPaused: boolean, now: number) {
    if (this.#paused && !isPaused) this.#over = Math.max(this.#over, now)
    this.#paused = isPaused
  }
}

const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('wait' as const), minutes: fc.integer({ min: 0, max: 45 }) }) },
  fc.record({
    do: fc.constant('end' as const),
    status: fc.constantFrom<FinalStatus>('succeeded', 'failed', 'cancelled'),
  }),
  fc.record({ do: fc.constant('acknowledge' as const) }),
  fc.record({ do: fc.constantFrom('pause' as const, 'resume' as const, 'put' as const, 'clock back' as const) }),
)

t.test('each due time has one job or counts as skipped once, whoever looks and whatever happens', async (t) => {
  const history = fc.record({
    everyMinutes: fc.integer({ min: 1, max: 20 }),
    ack: fc.constantFrom<Ack>('client', 'on_success'),
    steps: fc.array(step, { minLength: 8, maxLength: 24 }),
  })
  await fc.assert(
    fc.asyncProperty(history, async ({ everyMinutes, ack, steps }) => {
      const connectionId = newConnection()
      const schedule = { schedule: { type: 'interval' as const, every: `PT${everyMinutes}M` }, ack }
      await store.connections.put(tenant, connectionId, settings, schedule)
      const expected = new Expected(clock.now(), everyMinutes * minute, ack)
      for (const one of steps) {
        const latest = (await jobsOf(connectionId)).at(-1)
        if (one.do === 'wait') clock.advance(one.minutes * minute)
        if (one.do === 'clock back') clock.advance(-15 * minute)
        if (one.do === 'end' && latest && expected.end(one.status, clock.now())) await endJob(latest.jobId, one.status)
        if (one.do === 'acknowledge' && latest && latest.status !== 'pending' && expected.acknowledge())
          await acknowledge(latest.jobId)
        if (one.do === 'put') await store.connections.put(tenant, connectionId, settings, schedule)
        if (one.do === 'pause' || one.do === 'resume') {
          expected.pause(one.do === 'pause', clock.now())
          await store.connections.pause(tenant, connectionId, one.do === 'pause')
        }
        expected.look(clock.now())
        await everybodyLooks(connectionId)
      }
      const jobs = await jobsOf(connectionId)
      const { skippedRuns } = await recordOf(connectionId)
      const seen = { jobs: jobs.map(({ scheduledFor }) => scheduledFor), skippedRuns }
      const wanted = { jobs: expected.jobs, skippedRuns: expected.skipped }
      if (JSON.stringify(seen) !== JSON.stringify(wanted))
        throw new Error(`${JSON.stringify(seen)} in place of ${JSON.stringify(wanted)}`)
    }),
    { numRuns: 25 },
  )
  t.pass('so it was in every history')
})

/** A connection that syncs each hour, whose first job has begun. */
async function hourly(options: { ack?: Ack } = {}) {
  const connectionId = newConnection()
  const schedule = { schedule: { type: 'interval' as const, every: 'PT1H' }, ack: options.ack ?? 'client' }
  await store.connections.put(tenant, connectionId, settings, schedule)
  const nextJob = async () => {
    clock.advance(60 * minute)
    await lookAs(store, connectionId)
    return (await jobsOf(connectionId)).at(-1)
  }
  return { connectionId, schedule, nextJob }
}
const idOf = (job: { jobId: number } | undefined) => job?.jobId ?? 0

t.test('ack on_success: a job that succeeds moves the state itself, and no message gives way for it', async (t) => {
  const { connectionId, nextJob } = await hourly({ ack: 'on_success' })
  const first = idOf(await nextJob())
  await endJob(first, 'succeeded', 3, 2)
  t.same(await store.connections.readStates(tenant, connectionId), { contacts: { updated_at: 6 } })
  t.equal(await store.redis.hget(store.redis.keyspace.job(first, 'record'), 'ackedOffset'), null)
  const second = idOf(await nextJob())
  t.not(second, first, 'the next one begins')
  await endJob(second, 'failed', 7)
  t.same(
    await store.connections.readStates(tenant, connectionId),
    { contacts: { updated_at: 6 } },
    'a failed one does not',
  )
  // A client that acknowledges all the same moves nothing back.
  await store.jobs.acknowledge(tenant, first, { held: 4, epoch: undefined })
  t.same(await store.connections.readStates(tenant, connectionId), { contacts: { updated_at: 6 } })
  t.equal(await store.redis.hget(store.redis.keyspace.job(first, 'record'), 'ackedOffset'), '4')
})

t.test('a job without a STATE after what was acknowledged counts as taken', async (t) => {
  const { connectionId, nextJob } = await hourly()
  await endJob(idOf(await nextJob()), 'cancelled', 0)
  const job = await nextJob()
  t.equal(job?.status, 'pending')
  const jobId = idOf(job)
  await endJob(jobId, 'succeeded', 2)
  t.equal(idOf(await nextJob()), jobId, 'it waits')
  t.match(await store.connections.read(tenant, connectionId), { runs: { lastSync: 'waiting' } })
  // The STATE is message 3; nothing comes after it but the end.
  await store.jobs.acknowledge(tenant, jobId, { held: 3, epoch: undefined })
  t.not(idOf(await nextJob()), jobId)
})

t.test('messages that are gone before they were acknowledged: the next job begins where the state is', async (t) => {
  const { connectionId, nextJob } = await hourly()
  const jobId = idOf(await nextJob())
  await endJob(jobId, 'succeeded', 2)
  await store.jobs.deleteMessages(tenant, jobId)
  t.equal((await recordOf(connectionId)).untakenRuns, 0)
  const next = idOf(await nextJob())
  t.not(next, jobId)
  t.equal((await recordOf(connectionId)).untakenRuns, 1)
  t.same(await store.connections.readStates(tenant, connectionId), {})
})

t.test('a state that was set by hand leaves nothing to wait for', async (t) => {
  const { connectionId, nextJob } = await hourly()
  const jobId = idOf(await nextJob())
  await endJob(jobId, 'succeeded', 2)
  await store.connections.setStates(tenant, connectionId, { contacts: { updated_at: 9 } })
  t.not(idOf(await nextJob()), jobId)
})

t.test('a full refresh comes after the sync that is due with it, and moves no state', async (t) => {
  const { connectionId, schedule } = await hourly()
  const fullRefresh = { schedule: { type: 'interval' as const, every: 'PT2H' }, streams: ['contacts'] }
  await store.connections.put(tenant, connectionId, settings, { ...schedule, fullRefresh })
  await store.connections.setStates(tenant, connectionId, { contacts: { updated_at: 1 } })
  clock.advance(120 * minute)
  await everybodyLooks(connectionId)
  const [sync, ...others] = await jobsOf(connectionId)
  t.match(sync, { jobType: 'sync' })
  t.same(others, [], 'the full refresh waits')
  await endJob(idOf(sync), 'succeeded', 5)
  await everybodyLooks(connectionId)
  const refresh = (await jobsOf(connectionId)).at(-1)
  t.match(refresh, { jobType: 'refresh', scheduledFor: sync?.scheduledFor, fullRefresh: ['contacts'] })
  const request = await store.attempts.begin({ jobId: idOf(refresh), fence: 1, attemptId: 'a' }, 'start', 'epoch')
  t.match(typeof request === 'string' ? request : request.openRequest(), {
    states: {},
    catalog: { streams: [{ stream: { name: 'contacts' }, sync_mode: 'full_refresh' }] },
  })
  await endJob(idOf(refresh), 'succeeded', 50)
  await acknowledge(idOf(refresh))
  t.same(await store.connections.readStates(tenant, connectionId), { contacts: { updated_at: 1 } })
  t.match(
    await store.connections.read(tenant, connectionId),
    { runs: { lastSync: 'waiting' } },
    'for the messages of the sync',
  )
  await acknowledge(idOf(sync))
  t.same(await store.connections.readStates(tenant, connectionId), { contacts: { updated_at: 5 } })
})

t.test('after failures a connection waits, and is failing from the fifth on', async (t) => {
  const { connectionId, nextJob } = await hourly()
  const waits: number[] = []
  for (let failures = 1; failures <= 8; failures++) {
    let job = await nextJob()
    // What is due within the wait is skipped; an hour is the longest wait.
    for (; job?.status !== 'pending'; job = await nextJob());
    await endJob(idOf(job), 'failed', 0)
    const record: ScheduleRecord = await recordOf(connectionId)
    t.equal(record.consecutiveFailures, failures)
    waits.push((record.notBefore - clock.now()) / minute)
  }
  t.same(waits, [1, 2, 4, 8, 16, 32, 60, 60])
})

t.test('the last 100 jobs of a connection are kept, and those of a removed one expire', async (t) => {
  const { connectionId, nextJob } = await hourly({ ack: 'on_success' })
  const ids: number[] = []
  for (let count = 0; count < 102; count++) {
    ids.push(idOf(await nextJob()))
    await store.attempts.end(ids.at(-1) ?? 0, 1, { status: 'cancelled' })
  }
  const restOf = (jobId: number) => store.redis.pttl(store.redis.keyspace.job(jobId, 'record'))
  const rests = async () => (await Promise.all(ids.map(restOf))).map((ms) => ms > 0)
  t.same(
    await rests(),
    ids.map((_, place) => place < 2),
  )
  await store.messages.read(ids.at(-1) ?? 0, 0, 1e6)
  t.equal(await restOf(ids.at(-1) ?? 0), -1, 'a reader changes nothing')
  await store.connections.remove(tenant, connectionId)
  t.same(
    await rests(),
    ids.map(() => true),
  )
  t.same(
    (await listScheduled(store.redis)).filter((one) => one.connectionId === connectionId),
    [],
  )
})

t.test('a process that was slow finds that another one has seen to the due time, and its job has ended', async (t) => {
  const { connectionId } = await hourly({ ack: 'on_success' })
  clock.advance(60 * minute)
  let isFirst = true
  const readStart: TestStore['connections']['readStart'] = async (...connection) => {
    if (isFirst) {
      isFirst = false
      await lookAs(store, connectionId)
      await endJob(idOf((await jobsOf(connectionId)).at(-1)), 'succeeded')
    }
    return store.connections.readStart(...connection)
  }
  await handleDue({ ...store, connections: { readStart } }, { tenant, connectionId })
  t.equal((await jobsOf(connectionId)).length, 1)
  t.equal((await recordOf(connectionId)).skippedRuns, 0)
})

t.test('no due time comes again when a schedule is paused or changed by a clock that is behind', async (t) => {
  const { connectionId, schedule, nextJob } = await hourly({ ack: 'on_success' })
  await endJob(idOf(await nextJob()), 'succeeded')
  clock.advance(-10 * minute)
  await store.connections.pause(tenant, connectionId, true)
  await store.connections.pause(tenant, connectionId, false)
  await store.connections.put(tenant, connectionId, settings)
  await store.connections.put(tenant, connectionId, settings, schedule)
  await store.connections.put(tenant, connectionId, settings, {
    ...schedule,
    schedule: { type: 'interval', every: 'PT5M' },
  })
  clock.advance(10 * minute)
  await lookAs(store, connectionId)
  t.equal((await jobsOf(connectionId)).length, 1)
})

t.test('Redis comes back as it was hours ago: one job makes up for what was due since', async (t) => {
  const { connectionId, nextJob } = await hourly({ ack: 'on_success' })
  await endJob(idOf(await nextJob()), 'succeeded')
  const key = store.redis.keyspace.connection(tenant, connectionId, 'record')
  const saved = await store.redis.dumpBuffer(key)
  for (let hour = 0; hour < 5; hour++) await endJob(idOf(await nextJob()), 'succeeded')
  const before = await jobsOf(connectionId)
  await store.redis.restore(key, 0, saved ?? Buffer.alloc(0), 'REPLACE')
  await everybodyLooks(connectionId)
  const since = (await jobsOf(connectionId)).slice(before.length)
  t.same(
    since.map(({ scheduledFor }) => scheduledFor),
    [clock.now()],
  )
  t.equal((await recordOf(connectionId)).skippedRuns, 4)
})

t.test('a clock that was days ahead does not stop a schedule', async (t) => {
  const { connectionId, nextJob } = await hourly({ ack: 'on_success' })
  await endJob(idOf(await nextJob()), 'succeeded')
  clock.advance(72 * 60 * minute)
  await lookAs(store, connectionId)
  clock.advance(-72 * 60 * minute)
  const wrong = idOf((await jobsOf(connectionId)).at(-1))
  await endJob(wrong, 'succeeded')
  await lookAs(store, connectionId)
  t.equal(idOf((await jobsOf(connectionId)).at(-1)), wrong)
  t.not(idOf(await nextJob()), wrong)
})
