import t from 'tap'
import { createDeferred } from '../support/deferred.ts'
import { onRealRedis, startRedis } from '../support/redis.ts'
import { beginAttempt, commitOf, commitTo, openStore, syncRequest, tenant } from '../support/store.ts'

const server = await startRedis(t)
const store = openStore(server)

async function jobWithEntries(sizes: number[]): Promise<{ jobId: number; lines: string[] }> {
  const { jobId } = await store.jobs.create({ tenant, request: syncRequest() })
  let attempt = await beginAttempt(store, { jobId, fence: 1, attemptId: 'a' })
  const bodies: string[] = []
  for (const size of sizes) {
    const commit = commitOf(attempt.offset, size)
    attempt = await commitTo(store, attempt, `1-${attempt.offset}`, commit)
    bodies.push(commit.body.toString())
  }
  return {
    jobId,
    lines: bodies
      .join('')
      .split('\n')
      .filter(Boolean)
      .map((line) => `${line}\n`),
  }
}

t.test('a reader that holds any number of messages gets exactly the rest, whatever the page size', async (t) => {
  const { jobId, lines } = await jobWithEntries([1, 7, 2, 30, 1, 1, 4, ...Array(20).fill(1)])
  for (const maxBytes of [1, 500, 1e6]) {
    for (let after = 0; after <= lines.length; after++) {
      const parts: string[] = []
      for (let held = after; ; ) {
        const page = await store.messages.read(jobId, held, maxBytes)
        if (page.messageCount === 0) break
        parts.push(page.body.toString())
        held += page.messageCount
      }
      if (parts.join('') !== lines.slice(after).join('')) t.fail(`after ${after} in pages of ${maxBytes}`)
    }
  }
  const page = await store.messages.read(jobId, 0, 1)
  t.equal(page.body.toString(), lines.slice(0, 2).join(''), 'at least one entry')
  t.match(await store.messages.read(jobId, lines.length, 1e6), {
    messageCount: 0,
    finalStatus: undefined,
    total: lines.length,
  })
  t.match(await store.messages.read(jobId, lines.length + 5, 1e6), { messageCount: 0, total: lines.length })
})

t.test('a page stays near the bytes asked for', async (t) => {
  const { jobId } = await jobWithEntries(Array(10).fill(10))
  const entryBytes = commitOf(11, 10).body.length
  const page = await store.messages.read(jobId, 0, entryBytes * 3 + 100)
  t.equal(page.messageCount, 33)
})

/** Wake-ups come in their order: when that of another job is here, those of before are. */
async function untilToldOfAll(): Promise<void> {
  const { jobId } = await store.jobs.create({ tenant, request: syncRequest() })
  const { promise, resolve } = createDeferred()
  const stop = store.messages.subscribe(jobId, () => resolve())
  await beginAttempt(store, { jobId, fence: 1, attemptId: 'a' })
  await promise
  stop()
}

t.test('a reader at the tail is woken by every commit and by the end', async (t) => {
  const { jobId } = await jobWithEntries([1])
  await untilToldOfAll()
  const events: string[] = []
  const { promise, resolve } = createDeferred()
  const stop = store.messages.subscribe(jobId, (event) => {
    events.push(event)
    if (events.length === 2) resolve()
  })
  const attempt = await beginAttempt(store, { jobId, fence: 2, attemptId: 'b' })
  await store.attempts.commit(attempt, '2-1', commitOf(3, 1))
  await promise
  stop()
  t.same(events, ['changed', 'changed'])
})

t.test('wake-ups of other jobs do not arrive', async (t) => {
  const [mine, other] = [await jobWithEntries([1]), await jobWithEntries([1])]
  const heard: string[] = []
  const { promise, resolve } = createDeferred()
  const stops = [
    store.messages.subscribe(mine.jobId, () => heard.push('mine')),
    store.messages.subscribe(other.jobId, () => resolve()),
  ]
  await beginAttempt(store, { jobId: other.jobId, fence: 2, attemptId: 'b' })
  await promise
  for (const stop of stops) stop()
  t.same(heard, [])
})

t.test('the messages of an ended job are kept from its last read on, the record a week longer', async (t) => {
  const shortLived = openStore(server, { keys: store.keys, retentionMs: 5000 })
  const { jobId } = await jobWithEntries([3])
  const key = (name: string) => `intercom-sync:{job:${jobId}}:${name}`
  t.equal(await store.redis.pttl(key('log')), -1, 'no limit while the job is alive')
  await shortLived.attempts.end(jobId, 1, { status: 'succeeded' })
  const atEnd = await store.redis.pttl(key('log'))
  t.ok(atEnd > 4000 && atEnd <= 5000, `the log lives ${atEnd} ms on`)
  await store.redis.pexpire(key('log'), 1000)
  await shortLived.messages.read(jobId, 0, 10)
  t.ok((await store.redis.pttl(key('log'))) > 4000, 'a read makes it live longer')
  t.ok((await store.redis.pttl(key('data-key'))) > 4000)
  t.ok((await store.redis.pttl(key('record'))) > 7 * 24 * 3600 * 1000)
})

t.test('messages that are no longer kept are gone, not unknown', async (t) => {
  const { jobId } = await jobWithEntries([3])
  await store.attempts.end(jobId, 1, { status: 'succeeded' })
  await store.redis.pexpire(`intercom-sync:{job:${jobId}}:log`, 0)
  await store.redis.pexpire(`intercom-sync:{job:${jobId}}:data-key`, 0)
  await t.rejects(store.messages.read(jobId, 0, 10), { code: 'log_gone' })
  t.equal((await store.jobs.read(tenant, jobId)).status, 'succeeded')
  await t.rejects(store.messages.read(987_654, 0, 10), { code: 'job_not_found' })
})

t.test('readers are told when Redis goes away, and woken once it is back', onRealRedis, async (t) => {
  const own = await startRedis(t, ['--appendonly', 'yes', '--appendfsync', 'always'])
  const ownStore = openStore(own)
  const { jobId } = await ownStore.jobs.create({ tenant, request: syncRequest() })
  const events: string[] = []
  const lost = createDeferred()
  const back = createDeferred()
  ownStore.messages.subscribe(jobId, (event) => {
    events.push(event)
    if (event === 'lost') lost.resolve()
    else if (events.includes('lost')) back.resolve()
  })
  await own.kill()
  await lost.promise
  await own.restart()
  await back.promise
  t.same(
    events.filter((event) => event === 'lost'),
    ['lost'],
  )
  t.equal((await ownStore.jobs.read(tenant, jobId)).status, 'pending')
})
