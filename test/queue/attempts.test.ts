import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { CodedError, type JobFailure, toJobFailure } from '../../src/errors.ts'
import { maxDeaths } from '../../src/sync/attempt/retry-policy.ts'
import type { StartSync } from '../../src/sync/engine.ts'
import { createAcceleratedClock } from '../support/accelerated-clock.ts'
import { createDeferred } from '../support/deferred.ts'
import { untilHolds } from '../support/polling.ts'
import { onRealRedis, saveJob, startRedis } from '../support/redis.ts'
import { segmentsIn, syncRequest, tenant } from '../support/store.ts'
import {
  countedLog,
  countingSync,
  done,
  fastLocks,
  openService,
  type TestService,
  untilAborted,
  untilEnded,
  wholeLog,
} from '../support/worker.ts'

const server = await startRedis(t)
type Teardown = Parameters<typeof openService>[1]
let jobsMade = 0

/** A service of its own for each test, so that no worker takes another test's job. */
async function setUp(teardown: Teardown, options: Parameters<typeof openService>[2] = {}) {
  await server.connect().flushall()
  const service = openService(server, teardown, options)
  jobsMade++
  const { jobId } = await service.jobs.create({ tenant, request: syncRequest(`token-${jobsMade}`) })
  return { service, jobId }
}

t.test('a job runs to its end, its messages in order', async (t) => {
  const { service, jobId } = await setUp(t.teardown)
  service.startWorker(countingSync(10))
  t.match(await untilEnded(service, jobId), {
    status: 'succeeded',
    attempts: 1,
    rowsSynced: 50,
    messageCount: 60,
    streams: [{ streamName: 'contacts', status: 'COMPLETE' }],
  })
  t.equal(await wholeLog(service, jobId), countedLog(10))
})

t.test('a sync gets the request as it was sent', async (t) => {
  const { service, jobId } = await setUp(t.teardown)
  const tokens: unknown[] = []
  service.startWorker((request, options) => {
    tokens.push(request.config.access_token)
    return countingSync(1)(request, options)
  })
  await untilEnded(service, jobId)
  t.same(tokens, [`token-${jobsMade}`])
})

t.test('the next attempt gets the lists of the position, as they were with it', async (t) => {
  const { service, jobId } = await setUp(t.teardown)
  const given: unknown[] = []
  service.startWorker((request, options) => {
    given.push(options.growth)
    const isFirst = given.length === 1
    const sync = countingSync(6, (number) => {
      if (isFirst && number === 4) throw new CodedError('intercom_unavailable')
    })(request, options)
    return withLists(sync)
  })
  t.match(await untilEnded(service, jobId), { status: 'succeeded', attempts: 2 })
  const entries = [0, 1, 2, 3].map((from) => ({ list: 'contacts', from, entries: [[`id-${from}`, from, 'hash']] }))
  t.same(given, [undefined, entries])
  t.equal(await wholeLog(service, jobId), countedLog(6))
})

/** The same sync, with an entry more in a list beside the position of each commit. */
async function* withLists(sync: ReturnType<StartSync>): ReturnType<StartSync> {
  for (;;) {
    const step = await sync.next()
    if (step.done) return step.value
    const { position } = step.value
    const from = Number(position.next) - 1
    const growth = [{ list: 'contacts', from, entries: [[`id-${from}`, from, 'hash']] }]
    yield { ...step.value, position: { ...position, v: 2 }, growth }
  }
}

t.test('a sync that ends with streams incomplete fails the job without another attempt', async (t) => {
  const { service, jobId } = await setUp(t.teardown)
  const failure = toJobFailure(new CodedError('scope_missing', 'The token lacks "read tags"', { streamName: 'tags' }))
  service.startWorker(async function* () {
    yield* []
    return { ...done('INCOMPLETE'), failure }
  })
  const job = await untilEnded(service, jobId)
  t.match(job, { status: 'failed', attempts: 1, failure })
})

t.test('an error that another attempt cannot mend fails the job at once', async (t) => {
  const { service, jobId } = await setUp(t.teardown)
  service.startWorker(
    countingSync(3, (number) => {
      if (number === 2) throw new CodedError('token_invalid', 'Intercom says 401')
    }),
  )
  t.match(await untilEnded(service, jobId), { status: 'failed', attempts: 1, failure: { code: 'token_invalid' } })
  const lines = (await wholeLog(service, jobId)).split('\n').filter(Boolean)
  t.match(
    lines.slice(-2).map((line) => JSON.parse(line).trace),
    [{ stream_status: { status: 'INCOMPLETE' } }, { error: { message: 'Intercom says 401' } }],
  )
})

t.test('an attempt that got further is followed by another soon, which goes on where it stopped', async (t) => {
  const { service, jobId } = await setUp(t.teardown)
  let failures = 0
  service.startWorker(
    countingSync(8, (number) => {
      if (number > 0 && number % 2 === 0 && failures < number / 2) {
        failures++
        throw new Error('boom')
      }
    }),
  )
  t.match(await untilEnded(service, jobId), { status: 'succeeded', attempts: 4 })
  t.equal(await wholeLog(service, jobId), countedLog(8))
  t.equal(service.reported.length, 3)
})

const lockOf = (jobId: number) => `intercom-sync:{queue}:sync:job-${jobId}:lock`

/** Begins attempts that are never heard of again, as those of dead workers, or that fail. */
async function beginBefore({ redis, attempts }: TestService, jobId: number, count: number, failure?: JobFailure) {
  for (let fence = -count; fence < 0; fence++) {
    await redis.hset(`intercom-sync:{job:${jobId}}:record`, 'fence', fence - 1)
    const identity = { jobId, fence, attemptId: `before-${fence}` }
    await attempts.begin(identity, 'start', 'e')
    if (failure) await attempts.release(identity, 'counted', failure)
  }
}

t.test('a fifth attempt in a row that fails without having come further is the last', async (t) => {
  const { service, jobId } = await setUp(t.teardown)
  const away = new CodedError('intercom_unavailable', 'Intercom answers 502')
  await beginBefore(service, jobId, 4, toJobFailure(away))
  service.startWorker(
    countingSync(1, () => {
      throw away
    }),
  )
  const job = await untilEnded(service, jobId)
  t.match(job, {
    status: 'failed',
    attempts: 5,
    failure: { code: 'intercom_unavailable', message: /in a row.*Intercom answers 502/ },
  })
  t.equal((await wholeLog(service, jobId)).split('\n').filter((line) => line.includes('"ERROR"')).length, 1)
})

t.test('workers that die are not the failure of the job they had', async (t) => {
  const { service, jobId } = await setUp(t.teardown)
  await beginBefore(service, jobId, maxDeaths - 1)
  let failures = 0
  service.startWorker(
    countingSync(2, (number) => {
      if (number === 1 && failures++ === 0) throw new Error('boom')
    }),
  )
  t.match(await untilEnded(service, jobId), { status: 'succeeded', attempts: maxDeaths + 1 })
  t.equal(await wholeLog(service, jobId), countedLog(2))
})

t.test('a job over which ten workers have died in a row is given up, and says so', async (t) => {
  const { service, jobId } = await setUp(t.teardown)
  await beginBefore(service, jobId, 10)
  let started = 0
  service.startWorker((request, options) => {
    started++
    return countingSync(1)(request, options)
  })
  t.match(await untilEnded(service, jobId), {
    status: 'failed',
    failure: { code: 'no_progress', message: /^10 workers in a row died while they worked at this job.*memory/ },
  })
  t.equal(started, 0)
})

t.test('a running job is cancelled within a moment, its sync aborted', async (t) => {
  const { service, jobId } = await setUp(t.teardown)
  const holding = createDeferred()
  service.startWorker(
    countingSync(5, async (number, signal) => {
      if (number < 2) return
      holding.resolve()
      await untilAborted(signal)
    }),
  )
  await holding.promise
  const start = performance.now()
  t.match(await service.jobs.cancel(tenant, jobId), { cancelRequested: true })
  t.match(await untilEnded(service, jobId), {
    status: 'cancelled',
    messageCount: 14,
    failure: { code: 'job_cancelled' },
  })
  t.ok(performance.now() - start < 5000, 'sooner than the reconciler would have seen to it')
})

t.test('a log that is full fails the job when nobody acknowledges a message for an hour', async (t) => {
  const clock = createAcceleratedClock(Date.now(), 3600)
  const { service, jobId } = await setUp(t.teardown, { logLimitBytes: 500, clock })
  service.startWorker(countingSync(50))
  t.match(await untilEnded(service, jobId), { status: 'failed', attempts: 1, failure: { code: 'log_full' } })
})

t.test('a log that would be full continues in files, whatever becomes of its workers', onRealRedis, async (t) => {
  const segments = await segmentsIn(t, 400)
  const { service, jobId } = await setUp(t.teardown, { logLimitBytes: 2000, segments })
  let failed = false
  service.startWorker(
    countingSync(60, (number) => {
      if (number !== 30 || failed) return
      failed = true
      throw new Error('the attempt fails once in the middle')
    }),
  )
  t.match(await untilEnded(service, jobId), { status: 'succeeded', attempts: 2 })
  t.equal(await wholeLog(service, jobId), countedLog(60))
  t.ok((await readdir(join(segments.root, 'mine'))).length > 5)
})

t.test(
  'a Redis that has gone back in time is caught up with, nothing missing and nothing twice',
  onRealRedis,
  async (t) => {
    const { service, jobId } = await setUp(t.teardown)
    let rewind: (() => Promise<void>) | undefined
    let rewound = false
    service.startWorker(
      countingSync(10, async (number) => {
        if (number === 3) rewind ??= await saveJob(service.redis, jobId)
        if (number !== 6 || rewound) return
        rewound = true
        await rewind?.()
      }),
    )
    const { logEpoch } = await service.jobs.read(tenant, jobId)
    const job = await untilEnded(service, jobId)
    t.match(job, { status: 'succeeded', attempts: 1, messageCount: 60 })
    t.not(job.logEpoch, logEpoch)
    t.ok(rewound)
    t.equal(await wholeLog(service, jobId), countedLog(10))
  },
)

for (const savedBefore of [0, 4]) {
  t.test(
    `a Redis that goes back to commit ${savedBefore} just before the job ends does not end it there`,
    onRealRedis,
    async (t) => {
      const { service, jobId } = await setUp(t.teardown)
      let rewind: (() => Promise<void>) | undefined
      let rewound = false
      service.startWorker(async function* (request, options) {
        const outcome = yield* countingSync(5, async (number) => {
          if (number === savedBefore) rewind ??= await saveJob(service.redis, jobId)
        })(request, options)
        if (!rewound) await rewind?.()
        rewound = true
        return outcome
      })
      const { logEpoch } = await service.jobs.read(tenant, jobId)
      const job = await untilEnded(service, jobId)
      t.match(job, { status: 'succeeded', attempts: 1, messageCount: 30 })
      t.not(job.logEpoch, logEpoch)
      t.equal(await wholeLog(service, jobId), countedLog(5))
    },
  )
}

t.test('a worker that takes back a job whose lock it has lost keeps the new lock', async (t) => {
  const { service, jobId } = await setUp(t.teardown)
  const holding = createDeferred()
  const began = createDeferred()
  const released = createDeferred()
  let attempts = 0
  service.startWorker(async function* (request, options) {
    const isFirst = ++attempts === 1
    if (!isFirst) began.resolve()
    yield* countingSync(3)(request, options)
    if (isFirst) {
      // It is stuck, and its end comes in the middle of the next attempt.
      holding.resolve()
      await released.promise
      return done()
    }
    await fewLocks()
    return done('COMPLETE')
  }, fastLocks)
  await holding.promise
  await service.redis.del(lockOf(jobId))
  await began.promise
  released.resolve()
  t.match(await untilEnded(service, jobId), { status: 'succeeded', attempts: 2 })
  t.equal(attempts, 2)

  /** Time in which a lock that nobody renews is lost twice. */
  async function fewLocks() {
    const end = performance.now() + 2 * fastLocks.lockMs + fastLocks.stalledCheckMs
    await untilHolds(() => performance.now() > end)
  }
})

t.test('an attempt whose lock was lost stops, and its successor finishes', async (t) => {
  const { service, jobId } = await setUp(t.teardown)
  const holding = createDeferred()
  let stopped: unknown
  let attempts = 0
  service.startWorker(
    countingSync(4, async (number, signal) => {
      if (number !== 2 || ++attempts > 1) return
      holding.resolve()
      await untilAborted(signal).catch((reason) => {
        stopped = reason
      })
    }),
  )
  await holding.promise
  await service.redis.del(lockOf(jobId))
  t.match(await untilEnded(service, jobId), { status: 'succeeded', attempts: 2 })
  t.match(stopped, { stopCause: 'lock-lost' })
  t.equal(await wholeLog(service, jobId), countedLog(4))
})
