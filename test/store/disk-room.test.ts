import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { createFolderQuota } from '../../src/store/segments/folder/folder-quota.ts'
import { createDiskRoom } from '../../src/store/space/disk-room.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { startRedis } from '../support/redis.ts'
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

async function newJob(store: TestStore, commits: number) {
  const { jobId, logEpoch: epoch } = await store.jobs.create({ tenant, request: syncRequest() })
  let attempt = await beginAttempt(store, { jobId, fence: 1, attemptId: 'a' })
  let text = ''
  for (let count = 0; count < commits; count++) {
    const commit = commitOf(attempt.offset + 1, 20)
    text += commit.body
    attempt = await commitTo(store, attempt, `1-${count}`, commit)
  }
  return { jobId, epoch, text }
}

async function newEnded(store: TestStore) {
  const job = await newJob(store, 10)
  await store.attempts.end(job.jobId, 1, { status: 'succeeded' })
  return { ...job, held: (await store.jobs.read(tenant, job.jobId)).messageCount }
}

t.test('files of logs past their retention give way first, then those that were acknowledged wholly', async (t) => {
  const segments = await segmentsIn(t, 700)
  const own = join(segments.root, 'mine')
  const filesOf = async (jobId: number) => (await readdir(own)).filter((name) => name.startsWith(`job-${jobId}-`))
  const store = openStore(server, { segments })
  const ended = [await newEnded(store), await newEnded(store), await newEnded(store), await newEnded(store)] as const
  const [acknowledged, partly, kept, expired] = ended
  const acknowledge = ({ jobId, epoch }: typeof kept, held: number) =>
    store.jobs.acknowledge(tenant, jobId, { held, epoch })
  await acknowledge(acknowledged, acknowledged.held)
  await acknowledge(partly, partly.held - 1)
  await store.redis.del(store.redis.keyspace.job(expired.jobId, 'dataKey'))
  for (const { jobId } of ended) t.ok((await filesOf(jobId)).length > 3)

  const sizes = await Promise.all((await readdir(own)).map(async (name) => (await stat(join(own, name))).size))
  const mostBytes = sizes.reduce((sum, size) => sum + size, 500)
  const base = { redis: store.redis, clock: createManualClock(), root: segments.root, ownFolder: () => 'mine' }
  const errors: unknown[] = []
  const quota = createFolderQuota({ ...base, mostBytes })
  const onError = (error: unknown) => void errors.push(error)
  const full = openStore(server, {
    keys: store.keys,
    segments: { ...segments, quota, freeDisk: createDiskRoom(base), onError },
  })

  const first = await newJob(full, 8)
  t.same(errors, [])
  t.same(await filesOf(expired.jobId), [])
  t.ok((await filesOf(acknowledged.jobId)).length > 3, 'while the others suffice')
  t.ok((await wholeLog(store, acknowledged.jobId)).startsWith(acknowledged.text))

  const second = await newJob(full, 9)
  t.same(errors, [])
  t.same(await filesOf(acknowledged.jobId), [])
  await t.rejects(store.messages.read(acknowledged.jobId, 0, 1e6), { code: 'log_gone' })
  t.match(await store.jobs.read(tenant, acknowledged.jobId), { status: 'succeeded' }, 'its record stays')

  const third = await newJob(full, 12)
  t.match(errors[0], { code: 'EDQUOT', message: /DATA_DIR_BYTES .*: raise it, acknowledge/ })
  for (const { jobId, text } of [partly, kept, first, second, third])
    t.ok((await wholeLog(store, jobId)).startsWith(text))
})
