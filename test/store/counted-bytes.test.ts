import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import t from 'tap'
import { onRealRedis, startRedis } from '../support/redis.ts'
import { beginAttempt, commitTo, openStore, segmentsIn, syncRequest, tenant } from '../support/store.ts'

const server = await startRedis(t)

const memory = async () => Number((await server.connect().info('memory')).match(/used_memory_dataset:(\d+)/)?.[1])

/** Commits of one message each; sizes in bytes. */
const drawn = fc.record({
  commits: fc.integer({ min: 200, max: 300 }),
  blob: fc.integer({ min: 4000, max: 20_000 }),
  state: fc.oneof(fc.constant(0), fc.integer({ min: 100, max: 20_000 })),
  position: fc.integer({ min: 10, max: 50_000 }),
  given: fc.oneof(fc.constant(0), fc.integer({ min: 1000, max: 300_000 })),
})

type Drawn = typeof drawn extends fc.Arbitrary<infer Job> ? Job : never

t.test('what a job is said to have in Redis is what Redis needs for it', onRealRedis, async (t) => {
  const { redis, ...store } = openStore(server, { logLimitBytes: 1e9 })
  /** Runs a job. @returns the bytes that are counted of it, and those that Redis needs for it */
  const measure = async ({ commits, blob, state, position, given }: Drawn) => {
    await redis.flushall()
    const before = await memory()
    const states = given > 0 ? { contacts: { at: randomBytes(given / 2).toString('hex') } } : {}
    const { jobId } = await store.jobs.create({ tenant, request: { ...syncRequest(), states } })
    let attempt = await beginAttempt({ redis, ...store }, { jobId, fence: 1, attemptId: 'a' })
    const streamState = { at: 'x'.repeat(state) }
    for (let count = 0; count < commits; count++) {
      const body = Buffer.from(`${randomBytes(Math.floor(blob * (0.5 + (count % 10) / 20))).toString('base64')}\n`)
      attempt = await commitTo(store, attempt, `1-${count}`, {
        body,
        messageCount: 1,
        recordCount: 1,
        isProgress: true,
        holdsError: false,
        checkpoints: state > 0 ? [{ messageIndex: 1, streamName: 'contacts', streamState }] : [],
        position: { at: 'x'.repeat(position) },
        streams: [],
      })
    }
    const names = ['blobBytes', 'givenBytes', 'statesBytes', 'positionBytes']
    const figures = await redis.hmget(redis.keyspace.job(jobId, 'record'), ...names)
    const counted = figures.reduce((sum, figure) => sum + Number(figure), 0)
    return { counted, needed: (await memory()) - before }
  }
  // The first job also pays for scripts and tables that Redis keeps from then on, about 400 kB.
  await measure({ commits: 200, blob: 4000, state: 100, position: 10, given: 0 })

  let total = 0
  await fc.assert(
    fc.asyncProperty(drawn, async (job) => {
      const { counted, needed } = await measure(job)
      // Connections and other keys need some hundred kilobytes, and copies of what they were given last.
      const passing = 300_000 + 3 * (job.blob + job.state + job.position + job.given)
      if (counted > 1.1 * needed + passing || needed > 1.1 * counted + passing)
        throw new Error(`${counted} counted, ${needed} needed`)
      total += counted
    }),
    { numRuns: 6, examples: [[{ commits: 204, blob: 4006, state: 112, position: 12, given: 0 }]] },
  )
  t.ok(total > 1e6)
})

t.test('a job whose states alone are larger than its limit fails at once, and says so', onRealRedis, async (t) => {
  await server.connect().flushall()
  const store = openStore(server, { logLimitBytes: 400_000, segments: await segmentsIn(t, 100_000) })
  const request = { ...syncRequest(), states: { contacts: { at: 'x'.repeat(300_000) } } }
  const { jobId } = await store.jobs.create({ tenant, request })
  const attempt = await beginAttempt(store, { jobId, fence: 1, attemptId: 'a' })
  const position = { at: 'x'.repeat(300_000) }
  const commit = { recordCount: 1, isProgress: true, holdsError: false, checkpoints: [], position, streams: [] }
  const outcome = store.attempts.commit(attempt, '1-1', { ...commit, body: Buffer.from('{}\n'), messageCount: 1 })
  await t.rejects(outcome, { code: 'log_full', message: /LOG_LIMIT_BYTES \(400000\): raise it, or begin without/ })
})
