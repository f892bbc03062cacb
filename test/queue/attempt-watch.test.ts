import { pino } from 'pino'
import t, { type Test } from 'tap'
import { CodedError, toJobFailure } from '../../src/errors.ts'
import { createMetrics } from '../../src/metrics.ts'
import { countEndedJobs } from '../../src/queue/attempt-observer.ts'
import { watchAttempt } from '../../src/queue/watch/attempt-watch.ts'
import { createJobLog, logEndedJobs } from '../../src/queue/watch/job-log.ts'
import type { AttemptStore } from '../../src/store/attempts/attempts.ts'
import { type EndObserver, endJob } from '../../src/store/attempts/job-end.ts'
import { announceWorker } from '../../src/store/workers/worker-presence.ts'
import type { StreamProgress } from '../../src/sync/contract/commit.ts'
import type { Wait } from '../../src/sync/contract/watch.ts'
import { createManualClock, type ManualClock } from '../support/manual-clock.ts'
import { parseMetrics } from '../support/metrics.ts'
import { startRedis } from '../support/redis.ts'
import { beginAttempt, commitOf, commitTo, openStore, syncRequest, type TestStore, tenant } from '../support/store.ts'

const server = await startRedis(t)
const second = 1000

interface Line {
  msg: string
  [member: string]: unknown
}

/** An attempt that is watched, on a clock that the test moves. */
async function startWatch(t: Test) {
  const clock = createManualClock()
  const lines: Line[] = []
  const logger = pino({ level: 'debug' }, { write: (line: string) => void lines.push(JSON.parse(line)) })
  const store: TestStore = openStore(server, { clock })
  const { jobId } = await store.jobs.create({ tenant, request: syncRequest() })
  const attempt = await beginAttempt(store, { jobId, fence: 1, attemptId: 'first' })
  let reports = 0
  const reportActivity: AttemptStore['reportActivity'] = (...report) => {
    reports++
    return store.attempts.reportActivity(...report)
  }
  const watch = watchAttempt({ attempts: { reportActivity }, clock, log: createJobLog(logger) }, attempt)
  t.teardown(() => watch.stop())
  return {
    clock,
    lines,
    logger,
    store,
    attempt,
    watch,
    jobId,
    reports: () => reports,
    read: () => store.jobs.read(tenant, jobId),
    progressLines: () => lines.filter(({ msg }) => msg === 'job progress'),
  }
}

/** Passes seconds one by one, as a real clock does. */
async function passSeconds(clock: ManualClock, seconds: number, each: (number: number) => void = () => undefined) {
  for (let number = 1; number <= seconds; number++) {
    each(number)
    await clock.untilAsleep(second)
    clock.advance(second)
  }
  await clock.untilAsleep(second)
}

const contacts = (rowsSynced: number, more: Partial<StreamProgress> = {}): StreamProgress => ({
  streamName: 'contacts',
  status: 'RUNNING',
  rowsSynced,
  ...more,
})

t.test('the log has a line when a job starts, and one each half minute', async (t) => {
  const { clock, lines, watch, jobId, progressLines } = await startWatch(t)
  t.match(lines, [{ level: 30, msg: 'job started', jobId, attempt: 1, attempts: 1 }])
  watch.committed({ isProgress: true, streams: [contacts(0)] })
  watch.sync?.answered(200, 12.4, { method: 'POST', path: '/contacts/search' })
  watch.sync?.answered(undefined, 5, { method: 'GET', path: '/tags' })
  watch.sync?.retried()
  await passSeconds(clock, 29, (number) =>
    watch.committed({ isProgress: true, streams: [contacts(10 * number, { cursor: 1_700_000_000 })] }),
  )
  t.same(progressLines(), [])
  await passSeconds(clock, 1)
  t.match(progressLines(), [
    {
      level: 30,
      jobId,
      rows: 290,
      rate: 9.7,
      requests: 2,
      retries: 1,
      rateLimitSeconds: 0,
      cursors: { contacts: '2023-11-14T22:13:20.000Z' },
    },
  ])
  await passSeconds(clock, 60)
  t.equal(progressLines().length, 3)
  t.match(progressLines().at(-1), { rows: 290, rate: 0 }, 'the rate is that of the last half minute')
  const asked = lines.filter(({ level }) => level === 20)
  t.match(asked, [
    { jobId, msg: 'asked Intercom', method: 'POST', path: '/contacts/search', status: 200, ms: 12 },
    { path: '/tags', status: 'none' },
  ])
})

t.test('a job shows its rates, at the cost of one small write a second at most', async (t) => {
  const { clock, watch, read, reports, store, jobId } = await startWatch(t)
  watch.committed({ isProgress: true, streams: [contacts(0)] })
  await passSeconds(clock, 10, (number) => {
    for (const part of [1, 2, 3, 4]) {
      watch.sync?.answered(200, 1, { method: 'GET', path: '/tags' })
      watch.committed({ isProgress: true, streams: [contacts(40 * (number - 1) + 10 * part)] })
    }
  })
  await watch.settle()
  t.match(await read(), { progress: { rates: { contacts: 40 } } })
  t.ok(reports() <= 11, `${reports()} writes`)
  t.same(await store.redis.hmget(`intercom-sync:{job:${jobId}}:record`, 'requests', 'waitedMs'), ['40', '0'])

  await passSeconds(clock, 40)
  await watch.settle()
  t.match(await read(), { progress: { rates: {} } })
  const before = reports()
  await passSeconds(clock, 40)
  t.equal(reports(), before, 'while nothing changes, nothing is written')
})

t.test('a job says that it waits for the rate limit, and how long it has waited in all', async (t) => {
  const { clock, watch, read, progressLines, store, attempt, logger, lines } = await startWatch(t)
  const until = clock.now() + 25 * second
  let wait: Wait | undefined = { waitingFor: 'rate_limit', until }
  const rateLimit = { limit: 166, remaining: 3, resetsAt: until }
  watch.sync?.begun(
    () => wait,
    () => rateLimit,
  )
  await passSeconds(clock, 2)
  await watch.settle()
  t.match(await read(), { status: 'running', waitingFor: 'rate_limit', waitingUntil: until, rateLimit })
  await passSeconds(clock, 18)
  wait = undefined
  await passSeconds(clock, 1)
  await watch.settle()
  t.equal((await read()).waitingFor, undefined)
  await passSeconds(clock, 9)
  t.match(progressLines(), [{ rateLimitSeconds: 20 }])

  await watch.settle()
  const onJobEnded = logEndedJobs(logger)
  const { jobId, attemptId } = attempt
  await endJob({ ...store, onJobEnded }, jobId, 1, { status: 'succeeded' }, { attemptId })
  t.match(lines.at(-1), {
    level: 30,
    msg: 'job ended',
    status: 'succeeded',
    rateLimitSeconds: 20,
    seconds: 30,
    attempts: 1,
  })
})

t.test('the end of a job says, and counts, what was left out', async (t) => {
  const { store, attempt, logger, lines } = await startWatch(t)
  const { jobId, attemptId } = attempt
  await commitTo(store, attempt, '1-1', { ...commitOf(1, 1), skippedStreams: ['tags', 'teams'] })
  const metrics = createMetrics()
  const observers = [logEndedJobs(logger), countEndedJobs(metrics)]
  const onJobEnded: EndObserver = (end) => observers.forEach((observe) => void observe(end))
  const failure = toJobFailure(new CodedError('intercom_unavailable'))
  await endJob({ ...store, onJobEnded }, jobId, 1, { status: 'failed', failure }, { attemptId })
  t.match(lines.at(-1), {
    level: 40,
    status: 'failed',
    code: 'intercom_unavailable',
    skippedStreams: ['tags', 'teams'],
  })
  t.equal(parseMetrics(await metrics.render()).get('intercom_sync_skipped_streams_total'), 2)
  t.match(await store.jobs.read(tenant, jobId), { skippedStreams: ['tags', 'teams'] })
})

t.test('a scroll is waited for only while nothing else comes', async (t) => {
  const { clock, watch, read } = await startWatch(t)
  watch.sync?.begun(
    () => ({ waitingFor: 'scroll' }),
    () => undefined,
  )
  await passSeconds(clock, 3, (number) => watch.committed({ isProgress: true, streams: [contacts(number)] }))
  await watch.settle()
  t.equal((await read()).waitingFor, undefined)
  await passSeconds(clock, 3)
  await watch.settle()
  t.match(await read(), { waitingFor: 'scroll' })
  t.equal((await read()).waitingUntil, undefined)
})

t.test('what an attempt has said counts no more once another has begun', async (t) => {
  const { clock, watch, read, store, jobId, attempt } = await startWatch(t)
  await announceWorker(store.redis, 'a worker')
  watch.sync?.begun(
    () => ({ waitingFor: 'scroll' }),
    () => undefined,
  )
  await passSeconds(clock, 3)
  await watch.settle()
  t.match(await read(), { waitingFor: 'scroll' })
  await store.attempts.release(attempt, 'uncounted')
  t.equal((await read()).waitingFor, undefined)
  const next = await beginAttempt(store, { jobId, fence: 2, attemptId: 'second' })
  t.equal((await read()).waitingFor, undefined)
  await store.attempts.reportActivity(attempt, {
    activity: { at: 0, waitingFor: 'scroll', rates: {} },
    requests: 9,
    waitedMs: 9,
  })
  t.equal((await read()).waitingFor, undefined)

  const laterVersion = {
    attemptId: 'second',
    at: 0,
    waitingFor: 'scroll',
    rates: {},
    unknownHere: { remaining: 'many' },
  }
  await store.redis.hset(`intercom-sync:{job:${jobId}}:record`, 'activity', JSON.stringify(laterVersion))
  t.match(await read(), { waitingFor: 'scroll' }, 'what another version says besides is passed over')

  await store.attempts.release(next, 'counted', undefined, 90 * second)
  t.match(await read(), { status: 'incomplete', waitingFor: 'retry', waitingUntil: clock.now() + 90 * second })
  // An attempt of the version before leaves what it does not know.
  clock.advance(120 * second)
  await store.redis.hset(`intercom-sync:{job:${jobId}}:record`, 'lastUpdatedAt', clock.now())
  t.equal((await read()).waitingFor, undefined)
})
