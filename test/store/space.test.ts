import { randomBytes } from 'node:crypto'
import t from 'tap'
import { lookForSpace } from '../../src/store/space/space-keeper.ts'
import { onRealRedis, startRedis } from '../support/redis.ts'
import {
  beginAttempt,
  commitOf,
  commitTo,
  openStore,
  segmentsIn,
  syncRequest,
  type TestStore,
  tenant,
} from '../support/store.ts'
import { wholeLog } from '../support/worker.ts'

const server = await startRedis(t)

/** A job with about so many bytes in Redis. @returns its id and its messages */
async function newJob(store: TestStore, bytes: number, status?: 'succeeded') {
  const { jobId } = await store.jobs.create({ tenant, request: syncRequest() })
  const attempt = await beginAttempt(store, { jobId, fence: 1, attemptId: 'a' })
  // Random text, which no compression makes small.
  const line = Buffer.from(`{"type":"RECORD","data":"${randomBytes(bytes).toString('base64')}"}\n`)
  const commit = { ...commitOf(1, 1), body: line, messageCount: 1, checkpoints: [] }
  await commitTo(store, attempt, '1-1', commit)
  if (status) await store.attempts.end(jobId, 1, { status })
  return { jobId, text: line.toString() }
}

const lengthOf = (store: TestStore, jobId: number) => store.redis.xlen(store.redis.keyspace.job(jobId, 'log'))

t.test('logs of ended jobs leave Redis, oldest first, when all logs together have too much', onRealRedis, async (t) => {
  await server.connect().flushall()
  const store = openStore(server, { segments: await segmentsIn(t, 1e6) })
  const { segmentMover: mover } = store
  if (!mover) throw new Error('no mover')
  const running = await newJob(store, 80_000)
  const ended = [await newJob(store, 80_000, 'succeeded'), await newJob(store, 80_000, 'succeeded')]
  const look = (totalBytes: number) => lookForSpace({ redis: store.redis, totalBytes, isTotalSet: true, mover })
  await look(400_000)
  t.same(await Promise.all(ended.map(({ jobId }) => lengthOf(store, jobId))), [1, 1], 'there is room')
  await look(220_000)
  t.same(await Promise.all(ended.map(({ jobId }) => lengthOf(store, jobId))), [0, 1])
  t.equal(await lengthOf(store, running.jobId), 1)
  for (const { jobId, text } of [running, ...ended]) t.ok((await wholeLog(store, jobId)).startsWith(text))
  const [first] = ended
  const [expiresIn = 0, expected = 0] = await Promise.all(
    (['segments', 'dataKey'] as const).map((key) => store.redis.pttl(store.redis.keyspace.job(first?.jobId ?? 0, key))),
  )
  t.ok(expiresIn > 0 && Math.abs(expiresIn - expected) < 1000, 'they are kept as long as the log')
  await t.resolves(store.jobs.create({ tenant, request: syncRequest() }))
})

t.test(
  'where nothing can leave Redis, logs that are acknowledged wholly give way, no other, and then no job is taken',
  onRealRedis,
  async (t) => {
    await server.connect().flushall()
    const store = openStore(server)
    const shares: (number | undefined)[] = []
    const mover = {
      canMove: () => false,
      moveEnded: async () => 0,
      shareWindow: (bytes: number | undefined) => void shares.push(bytes),
    }
    const look = (isTotalSet = true) => lookForSpace({ redis: store.redis, totalBytes: 150_000, isTotalSet, mover })
    const [kept, acknowledged, partly] = [
      await newJob(store, 80_000, 'succeeded'),
      await newJob(store, 80_000, 'succeeded'),
      await newJob(store, 80_000, 'succeeded'),
    ]
    const acknowledge = async ({ jobId }: { jobId: number }, held?: number) => {
      const { messageCount, logEpoch } = await store.jobs.read(tenant, jobId)
      await store.jobs.acknowledge(tenant, jobId, { held: held ?? messageCount, epoch: logEpoch })
    }
    await look(false)
    await t.resolves(
      store.jobs.create({ tenant, request: syncRequest() }),
      'a limit that nobody has set does not count',
    )
    await acknowledge(acknowledged)
    await acknowledge(partly, 0)
    await look()
    await t.rejects(store.messages.read(acknowledged.jobId, 0, 1e6), { code: 'log_gone' })
    t.match(await store.jobs.read(tenant, acknowledged.jobId), { status: 'succeeded' }, 'its record stays')
    for (const { jobId, text } of [kept, partly]) t.ok((await wholeLog(store, jobId)).startsWith(text))
    t.ok((shares.at(-1) ?? 0) > 0)
    await t.rejects(store.jobs.create({ tenant, request: syncRequest() }), { code: 'storage_full' })

    await acknowledge(kept)
    await look()
    t.equal(shares.at(-1), undefined)
    await t.resolves(store.jobs.create({ tenant, request: syncRequest() }))
  },
)
