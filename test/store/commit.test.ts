import t from 'tap'
import { CodedError, toJobFailure } from '../../src/errors.ts'
import type { AttemptIdentity } from '../../src/store/attempts/attempts.ts'
import { jobKey } from '../support/keys.ts'
import { startRedis } from '../support/redis.ts'
import { beginAttempt, commitOf, commitTo, openStore, syncRequest, type TestStore, tenant } from '../support/store.ts'

const server = await startRedis(t)
const store = openStore(server)

async function newJob(of: TestStore = store): Promise<number> {
  return (await of.jobs.create({ tenant, request: syncRequest() })).jobId
}

const begin = (identity: AttemptIdentity, mode: 'start' | 'rewound' = 'start') => beginAttempt(store, identity, mode)

const readAll = async (jobId: number, after = 0) => (await store.messages.read(jobId, after, 1e9)).body.toString()

t.test('a commit whose reply was lost is sent again and stands in the log once', async (t) => {
  const jobId = await newJob()
  const attempt = await begin({ jobId, fence: 1, attemptId: 'a' })
  t.equal(await store.attempts.commit(attempt, '1-1', commitOf(1, 3)), 'COMMITTED')
  t.equal(await store.attempts.commit(attempt, '1-1', commitOf(1, 3)), 'ALREADY')
  const job = await store.jobs.read(tenant, jobId)
  t.equal(job.messageCount, 4)
  t.equal(job.rowsSynced, 3)
  t.equal(job.bytesSynced, commitOf(1, 3).body.length)
  t.equal(await readAll(jobId), commitOf(1, 3).body.toString())
})

t.test('an attempt begun twice, its reply lost, is one attempt', async (t) => {
  const jobId = await newJob()
  const identity = { jobId, fence: 1, attemptId: 'a' }
  await begin(identity)
  const again = await begin(identity)
  t.equal(again.idleAttempts, 1)
  t.equal((await store.jobs.read(tenant, jobId)).attempts, 1)
})

t.test('an older attempt writes nothing once a newer one has begun', async (t) => {
  const jobId = await newJob()
  const zombie = await begin({ jobId, fence: 1, attemptId: 'a' })
  const behind = await commitTo(store, zombie, '1-1', commitOf(1, 2))
  const heir = await begin({ jobId, fence: 2, attemptId: 'b' })
  t.equal(heir.offset, 3)
  t.same(heir.readPosition(), { next: 3 })
  t.equal(await store.attempts.commit(behind, '1-2', commitOf(3, 2)), 'FENCED')
  t.same(await store.attempts.release(zombie, 'counted'), { outcome: 'FENCED' })
  t.equal(await store.attempts.end(jobId, 1, { status: 'succeeded' }), 'FENCED')
  t.equal(await store.attempts.begin({ jobId, fence: 1, attemptId: 'c' }, 'start', 'e'), 'FENCED')
  t.equal(await store.attempts.begin({ jobId, fence: 2, attemptId: 'c' }, 'start', 'e'), 'FENCED')
  t.equal(await store.attempts.commit(heir, '2-1', commitOf(3, 2)), 'COMMITTED')
  t.equal(await readAll(jobId), commitOf(1, 2).body.toString() + commitOf(3, 2).body.toString())
})

t.test('a log that has gone back in time is noticed, and the attempt begins anew under another epoch', async (t) => {
  const jobId = await newJob()
  const attempt = await begin({ jobId, fence: 1, attemptId: 'a' })
  const { logEpoch } = await store.jobs.read(tenant, jobId)
  const kept = await commitTo(store, attempt, '1-1', commitOf(1, 2))
  t.equal(await store.attempts.commit({ ...kept, offset: 6, commitId: '1-2' }, '1-3', commitOf(5, 2)), 'REWOUND')
  const anew = await begin({ jobId, fence: 1, attemptId: 'a' }, 'rewound')
  t.equal(anew.offset, 3)
  t.same(anew.readPosition(), { next: 3 })
  t.equal(anew.idleAttempts, 0)
  t.equal(await store.attempts.commit(anew, '1-4', commitOf(3, 1)), 'COMMITTED')
  const job = await store.jobs.read(tenant, jobId)
  t.equal(job.logEpoch, `${logEpoch}.new-epoch`)
})

t.test(
  'a log of as many messages is not the same log: nothing is written behind it, and it does not end the job',
  async (t) => {
    const jobId = await newJob()
    const mine = await commitTo(store, await begin({ jobId, fence: 1, attemptId: 'a' }), '1-1', commitOf(1, 2))
    // Redis goes back twice: to another history of the same attempt that is as long, as it happens.
    await store.redis.hset(jobKey(jobId, 'record'), 'commitId', '1-9')
    t.equal(await store.attempts.commit(mine, '1-2', commitOf(3, 2)), 'REWOUND')
    const { attemptId, offset, commitId } = mine
    const succeeded = { status: 'succeeded' } as const
    t.equal(await store.attempts.end(jobId, 1, succeeded, { attemptId, written: { offset, commitId } }), 'REWOUND')
    const later = { offset: offset - 1, commitId: '1-9' }
    t.equal(
      await store.attempts.end(jobId, 1, succeeded, { attemptId, written: later }),
      'REWOUND',
      'more than it wrote',
    )
    const anew = await begin({ jobId, fence: 1, attemptId: 'a' }, 'rewound')
    t.equal(anew.commitId, '1-9')
    const whole = await commitTo(store, anew, '1-3', commitOf(3, 2))
    t.equal(await store.attempts.end(jobId, 1, succeeded, { attemptId, written: whole }), 'DONE')
  },
)

t.test('another attempt that was given the same number is another attempt', async (t) => {
  const jobId = await newJob()
  const older = await begin({ jobId, fence: 1, attemptId: 'a' })
  await store.redis.hset(jobKey(jobId, 'record'), 'attemptId', 'b')
  const failed = { status: 'failed', failure: toJobFailure(new CodedError('log_full')) } as const
  t.equal(await store.attempts.commit(older, '1-1', commitOf(1, 2)), 'REWOUND')
  t.same(await store.attempts.release(older, 'counted'), { outcome: 'FENCED' })
  t.equal(await store.attempts.end(jobId, 1, failed, { attemptId: 'a' }), 'FENCED')
  t.equal(await store.attempts.end(jobId, 1, failed, { attemptId: 'a', written: older }), 'REWOUND')
  t.equal(await store.attempts.begin({ jobId, fence: 1, attemptId: 'a' }, 'rewound', 'e'), 'FENCED')
  t.equal((await store.jobs.read(tenant, jobId)).status, 'running')
})

t.test('a beginning that Redis forgot is noticed at the next commit', async (t) => {
  const jobId = await newJob()
  const attempt = await begin({ jobId, fence: 1, attemptId: 'a' })
  t.equal(await store.attempts.commit({ ...attempt, fence: 2 }, '2-1', commitOf(1, 2)), 'REWOUND')
})

t.test('only the position moves when a commit holds no messages', async (t) => {
  const jobId = await newJob()
  const attempt = await begin({ jobId, fence: 1, attemptId: 'a' })
  const silent = { ...commitOf(1, 0), body: Buffer.alloc(0), messageCount: 0, checkpoints: [], position: { page: 2 } }
  t.equal(await store.attempts.commit(attempt, '1-1', silent), 'COMMITTED')
  const next = await begin({ jobId, fence: 2, attemptId: 'b' })
  t.equal(next.offset, 0)
  t.same(next.readPosition(), { page: 2 })
  t.equal(next.deaths, 1, 'it came no further, so it died idle')
})

t.test('a commit that moves the position by an answer is progress, with records or without', async (t) => {
  const jobId = await newJob()
  const planned = { ...commitOf(1, 0), body: Buffer.alloc(0), messageCount: 0, checkpoints: [], isProgress: true }
  await begin({ jobId, fence: 1, attemptId: 'a' })
  const second = await begin({ jobId, fence: 2, attemptId: 'b' })
  t.match(second, { idleAttempts: 1, deaths: 1 })
  t.equal(await store.attempts.commit(second, '2-1', planned), 'COMMITTED')
  const third = await begin({ jobId, fence: 3, attemptId: 'c' })
  t.match(third, { idleAttempts: 1, deaths: 0 }, 'the one before had come further')
})

t.test('attempts that fail, that die and that are handed over are told apart', async (t) => {
  const jobId = await newJob()
  const failure = toJobFailure(new CodedError('intercom_unavailable', 'Intercom answers 502'))
  const counted: [idleAttempts: number, deaths: number][] = []
  for (const [index, end] of ['fails', 'dies', 'dies', 'is handed over', 'fails', 'dies', 'lives'].entries()) {
    const attempt = await begin({ jobId, fence: index + 1, attemptId: `${index}` })
    counted.push([attempt.idleAttempts, attempt.deaths])
    if (end === 'fails') await store.attempts.release(attempt, 'counted', failure)
    if (end === 'is handed over') await store.attempts.release(attempt, 'uncounted')
  }
  t.same(counted, [
    [1, 0],
    [2, 0],
    [2, 1],
    [2, 2],
    [2, 2],
    [3, 2],
    [3, 3],
  ])
})

t.test('a job that an older version has counted goes on', async (t) => {
  const jobId = await newJob()
  await begin({ jobId, fence: 1, attemptId: 'a' })
  await store.redis.hset(`intercom-sync:{job:${jobId}}:record`, 'idleAttempts', 5)
  await store.redis.hdel(`intercom-sync:{job:${jobId}}:record`, 'deaths')
  t.match(await begin({ jobId, fence: 2, attemptId: 'b' }), { idleAttempts: 5, deaths: 1 })
})

t.test('a log at its limit takes nothing more, its checkpoints counted', async (t) => {
  const small = openStore(server, { logLimitBytes: 900 })
  const jobId = await newJob(small)
  const attempt = await small.attempts.begin({ jobId, fence: 1, attemptId: 'a' }, 'start', 'e')
  if (typeof attempt === 'string') throw new Error(attempt)
  const full = await commitTo(small, attempt, '1-1', commitOf(1, 3))
  t.equal(await small.attempts.commit(full, '1-2', commitOf(4, 3)), 'LOG_FULL')
  t.equal((await small.jobs.read(tenant, jobId)).messageCount, 4)
})

t.test('the states of a checkpoint are kept beside the sealed messages, with their offsets', async (t) => {
  const jobId = await newJob()
  const attempt = await begin({ jobId, fence: 1, attemptId: 'a' })
  await commitTo(store, await commitTo(store, attempt, '1-1', commitOf(1, 2)), '1-2', commitOf(3, 4))
  const entries = await store.redis.xrange(`intercom-sync:{job:${jobId}}:log`, '-', '+')
  t.same(
    entries.map(([id, fields]) => [id, JSON.parse(fields[fields.indexOf('checkpoints') + 1] ?? '')]),
    [
      ['3-0', [{ offset: 3, streamName: 'contacts', streamState: { updated_at: 2 } }]],
      ['8-0', [{ offset: 8, streamName: 'contacts', streamState: { updated_at: 6 } }]],
    ],
  )
})

t.test('what the lists of a position grow by is kept with each commit, and goes with the position', async (t) => {
  const limit = 20_000
  const small = openStore(server, { logLimitBytes: limit })
  const jobId = await newJob(small)
  const grow = (from: number, count: number) => ({
    list: 'contacts',
    from,
    entries: Array.from({ length: count }, (_, n) => [`id-${from + n}`, 1, 'hash']),
  })
  const [first, second, third] = [grow(0, 3), grow(3, 2), grow(5, 1000)]
  let attempt = await beginAttempt(small, { jobId, fence: 1, attemptId: 'a' })
  attempt = await commitTo(small, attempt, '1-1', { ...commitOf(1, 2), position: { v: 2, next: 3 }, growth: [first] })
  const again = { ...commitOf(3, 2), position: { v: 2, next: 5 }, growth: [second] }
  t.equal(await small.attempts.commit(attempt, '1-2', again), 'COMMITTED')
  t.equal(await small.attempts.commit(attempt, '1-2', again), 'ALREADY')
  t.same(await small.attempts.readGrowth(jobId), [first, second])
  t.ok((await small.redis.ttl(jobKey(jobId, 'growth'))) > 0, 'an earlier version does not delete it')
  const heir = await beginAttempt(small, { jobId, fence: 2, attemptId: 'b' })
  t.same(heir.readPosition(), { v: 2, next: 5 })
  t.equal(
    await small.attempts.commit(heir, '2-1', { ...commitOf(5, 1), growth: [third] }),
    'LOG_FULL',
    'it counts as what the job has in Redis',
  )
  t.same(await small.attempts.readGrowth(jobId), [first, second], 'whole or not at all')
  await small.attempts.end(jobId, 2, { status: 'failed' })
  t.equal(await small.redis.exists(jobKey(jobId, 'growth')), 0)
})
