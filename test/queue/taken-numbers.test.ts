import t from 'tap'
import { startRedis } from '../support/redis.ts'
import { openStore, syncRequest } from '../support/store.ts'

const server = await startRedis(t)
const store = openStore(server)
const key = 'the-lock-of-the-queue'

async function begin(jobId: number, fence: number, token: string, mode: 'start' | 'rewound' = 'start') {
  const identity = { jobId, fence, attemptId: token, lock: { key, token } }
  const attempt = await store.attempts.begin(identity, mode, `epoch-${fence}`)
  return typeof attempt === 'string' ? attempt : attempt.fence
}

const newJob = async () => (await store.jobs.create({ tenant: 'default', request: syncRequest() })).jobId

t.test('who holds the lock begins, above every number that was given out', async (t) => {
  const jobId = await newJob()
  await store.redis.set(key, 'first')
  t.equal(await begin(jobId, 1, 'first'), 1)
  t.equal(await begin(jobId, 1, 'first'), 1, 'a call that is repeated counts once')
  // Redis has gone back in time: the queue counts from before, while the worker of then has written its number again.
  await store.redis.set(key, 'second')
  t.equal(await begin(jobId, 1, 'second'), 2)
  await store.redis.set(key, 'third')
  t.equal(await begin(jobId, 1, 'third'), 3)
  t.equal(await begin(jobId, 1, 'third', 'rewound'), 4, 'from here on it goes by the number it was given')
  t.equal(await store.redis.hget(`intercom-sync:{job:${jobId}}:record`, 'fence'), '4')
})

t.test('who does not hold it does not begin, whatever its number', async (t) => {
  const jobId = await newJob()
  await store.redis.set(key, 'holder')
  for (const mode of ['start', 'rewound'] as const) t.equal(await begin(jobId, 7, 'late', mode), 'FENCED')
  await store.redis.del(key)
  t.equal(await begin(jobId, 7, 'late'), 'FENCED')
  await store.redis.set(key, 'holder')
  t.equal(await begin(jobId, 1, 'holder'), 1)
})
