import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { createRandom } from '../../simulator/random.ts'
import type { Attempt } from '../../src/store/attempts/attempts.ts'
import { createFolderQuota } from '../../src/store/segments/folder/folder-quota.ts'
import { interceptScript } from '../support/intercepted-script.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { onRealRedis, saveJob, startRedis } from '../support/redis.ts'
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
const segments = await segmentsIn(t, 3000)
const store = openStore(server, { segments })
const random = createRandom(31, 0)
const plenty = { total: 1e6, log: 1e6 }

async function newAttempt(of: TestStore = store): Promise<Attempt> {
  const { jobId } = await of.jobs.create({ tenant, request: syncRequest() })
  return beginAttempt(of, { jobId, fence: 1, attemptId: 'a' })
}

/** Makes so many commits of random sizes. @returns the attempt then, and the lines */
async function commitMany(attempt: Attempt, commits: number, of: TestStore = store) {
  let held = attempt
  const lines: string[] = []
  for (let count = 0; count < commits; count++) {
    const commit = commitOf(held.offset + 1, 1 + Math.floor(random() ** 2 * 40))
    held = await commitTo(of, held, `${held.fence}-${held.attemptId}-${held.offset}`, commit)
    lines.push(...commit.body.toString().split(/(?<=\n)/))
  }
  return { attempt: held, lines }
}

const filesOf = async (jobId: number) =>
  (await readdir(join(segments.root, 'mine'))).filter((name) => name.startsWith(`job-${jobId}-`))

const windowOf = async (jobId: number) =>
  Number(await store.redis.hget(store.redis.keyspace.job(jobId, 'record'), 'blobBytes'))

t.test('a log larger than its window is read from every offset, to the byte', onRealRedis, async (t) => {
  const { attempt, lines } = await commitMany(await newAttempt(), 60)
  const { jobId } = attempt
  t.ok((await filesOf(jobId)).length > 2, 'several files')
  t.ok((await windowOf(jobId)) <= 3000)
  t.ok(Number(await store.redis.xlen(store.redis.keyspace.job(jobId, 'log'))) < 60, 'Redis holds a part of the entries')
  const wrong: number[] = []
  for (let after = 0; after <= lines.length; after += 7) {
    const parts: string[] = []
    for (let held = after; held < lines.length; ) {
      const page = await store.messages.read(jobId, held, 1 + Math.floor(random() * 20_000))
      if (page.messageCount === 0) break
      parts.push(page.body.toString())
      held += page.messageCount
    }
    if (parts.join('') !== lines.slice(after).join('')) wrong.push(after)
  }
  t.same(wrong, [])
  const page = await store.messages.read(jobId, 0, 1)
  const rest = lines.slice(page.messageCount).join('')
  t.equal(await store.messages.measure(jobId, page.messageCount, lines.length), rest.length, 'measured without reading')
  await store.attempts.end(jobId, 1, { status: 'succeeded' })
  t.ok((await wholeLog(store, jobId)).startsWith(lines.join('')), 'after the end, too')
})

t.test('a reader at any place misses nothing while entries are moved past it', onRealRedis, async (t) => {
  const begun = await newAttempt()
  let over = false
  const reading = async () => {
    const parts: Buffer[] = []
    for (let held = 0; ; ) {
      const done = over
      const page = await store.messages.read(begun.jobId, held, 2000)
      if (page.messageCount === 0 && done) return Buffer.concat(parts).toString()
      parts.push(page.body)
      held += page.messageCount
    }
  }
  const readers = [reading(), reading(), reading()]
  const { lines } = await commitMany(begun, 60)
  over = true
  for (const read of await Promise.all(readers)) t.ok(read === lines.join(''))
})

t.test('states and acknowledgements at any offset are those of a log in Redis', onRealRedis, async (t) => {
  const { attempt, lines } = await commitMany(await newAttempt(), 40)
  const { jobId } = attempt
  const expectedAt = (at: number) => {
    const state = lines.slice(0, at).findLast((line) => line.includes('STATE'))
    return state ? { contacts: { updated_at: JSON.parse(state).upTo } } : {}
  }
  const wrong: number[] = []
  for (let at = 0; at <= lines.length; at += 5) {
    const states = await store.jobs.readStates(tenant, jobId, at)
    if (JSON.stringify(states) !== JSON.stringify(expectedAt(at))) wrong.push(at)
  }
  t.same(wrong, [])
})

t.test('a lost or damaged file is told, with its offsets, and what follows it can be read', onRealRedis, async (t) => {
  const { attempt, lines } = await commitMany(await newAttempt(), 40)
  const { jobId } = attempt
  const [first = ''] = (await filesOf(jobId)).sort((a, b) => Number(a.split('-')[5]) - Number(b.split('-')[5]))
  const path = join(segments.root, 'mine', first)
  await rename(path, `${path}.aside`)
  const error = await store.messages.read(jobId, 0, 1e6).catch((reason: unknown) => reason)
  t.match(error, { code: 'log_damaged', extensions: { lostAfter: 0 }, message: /their file is missing/ })
  const { lostUntil } = (error as { extensions: { lostUntil: number } }).extensions
  const page = await store.messages.read(jobId, lostUntil, 1)
  t.equal(page.body.toString(), lines.slice(lostUntil, lostUntil + page.messageCount).join(''))
  await t.rejects(store.jobs.readStates(tenant, jobId, 5), { code: 'log_damaged' })
  await writeFile(path, 'no segment')
  await t.rejects(store.messages.read(jobId, 3, 1e6), { code: 'log_damaged', extensions: { lostAfter: 0, lostUntil } })
  await rm(path)
  await rename(`${path}.aside`, path)
  t.equal(await wholeLog(store, jobId), lines.join(''))
})

t.test('an attempt that others have overtaken moves nothing, and its files are gone', onRealRedis, async (t) => {
  const { attempt: zombie } = await commitMany(await newAttempt(), 3)
  const heir = await beginAttempt(store, { jobId: zombie.jobId, fence: 2, attemptId: 'b' })
  const before = await filesOf(zombie.jobId)
  t.equal(await store.segmentMover?.makeRoom(zombie, plenty), 0)
  t.same(await filesOf(zombie.jobId), before)
  const { lines } = await commitMany(heir, 30)
  t.ok((await wholeLog(store, zombie.jobId)).endsWith(lines.join('')))
})

t.test('a move whose reply was lost and that is sent again loses nothing', onRealRedis, async (t) => {
  const { attempt, lines } = await commitMany(await newAttempt(), 30)
  const { jobId } = attempt
  // The next attempt has begun when the same call comes a second time: the client sends it again by itself.
  const lossy = interceptScript(store.redis, 'syncMoveEntries', async (call) => {
    await call()
    const heir = await beginAttempt(store, { jobId, fence: 2, attemptId: 'b' })
    t.equal(heir.fence, 2)
    return call()
  })
  const again = openStore({ connect: () => lossy }, { segments, keys: store.keys })
  const moved = await again.segmentMover?.makeRoom(attempt, plenty)
  t.ok(moved, 'it was moved')
  t.equal(await wholeLog(store, jobId), lines.join(''))
})

t.test('a job goes on when its files cannot be written, and catches up when they can', onRealRedis, async (t) => {
  const errors: unknown[] = []
  const broken = {
    ...segments,
    windowBytes: 500,
    folder: 'missing',
    onError: (error: unknown) => void errors.push(error),
  }
  const failing = openStore(server, { segments: broken, keys: store.keys, logLimitBytes: 6000 })
  const { attempt } = await commitMany(await newAttempt(failing), 8, failing)
  t.match(errors, [{ code: 'ENOENT' }], 'not with every commit')
  let outcome = ''
  for (let held = attempt; outcome !== 'LOG_FULL'; ) {
    const commit = commitOf(held.offset + 1, 30)
    outcome = await failing.attempts.commit(held, `1-${held.offset}`, commit)
    if (outcome === 'COMMITTED')
      held = { ...held, commitId: `1-${held.offset}`, offset: held.offset + commit.messageCount }
    else t.equal((await failing.jobs.read(tenant, held.jobId)).messageCount, held.offset, 'refused whole')
  }
  await mkdir(join(segments.root, 'missing'))
  const later = openStore(server, { segments: broken, keys: store.keys, logLimitBytes: 6000 })
  const heir = await beginAttempt(later, { jobId: attempt.jobId, fence: 2, attemptId: 'b' })
  const { lines } = await commitMany(heir, 20, later)
  t.ok((await wholeLog(store, attempt.jobId)).endsWith(lines.join('')))
})

t.test(
  'a Redis that goes back in time goes back with the index, and nothing is missing or twice',
  onRealRedis,
  async (t) => {
    const { attempt: before, lines: kept } = await commitMany(await newAttempt(), 30)
    const { jobId } = before
    const goBack = await saveJob(store.redis, jobId)
    const { attempt: ahead, lines: lost } = await commitMany(before, 30)
    const files = await filesOf(jobId)
    await goBack()

    t.equal(await store.attempts.commit(ahead, 'late', commitOf(ahead.offset + 1, 3)), 'REWOUND')
    t.equal(await store.segmentMover?.makeRoom(ahead, plenty), 0, 'what it read is not what is there')
    t.equal(await wholeLog(store, jobId), kept.join(''))
    const anew = await beginAttempt(store, { jobId, fence: 1, attemptId: 'a' }, 'rewound')
    const { lines } = await commitMany(anew, 30)
    t.equal(await wholeLog(store, jobId), [...kept, ...lines].join(''))
    t.not(lines.join(''), lost.join(''))
    t.ok(
      files.every((name) => name.includes('-attempt-1-')),
      'the same number, and yet other files',
    )
  },
)

t.test('files take no more room than their quota, and go on when there is room again', onRealRedis, async (t) => {
  const own = await segmentsIn(t, 500)
  const clock = createManualClock()
  const quota = { clock, root: own.root, ownFolder: () => 'mine', mostBytes: 5000 }
  const errors: unknown[] = []
  const onError = (error: unknown) => void errors.push(error)
  const bounded = openStore(server, { segments: { ...own, quota: createFolderQuota(quota), onError }, clock })
  const { attempt, lines } = await commitMany(await newAttempt(bounded), 40, bounded)
  const sizeOf = async () => {
    const names = await readdir(join(own.root, 'mine'))
    const sizes = await Promise.all(names.map(async (name) => (await stat(join(own.root, 'mine', name))).size))
    return sizes.reduce((sum, size) => sum + size, 0)
  }
  t.ok((await sizeOf()) <= 5000)
  t.match(errors, [{ message: /may not have more than DATA_DIR_BYTES \(5000\)/ }])
  t.equal(await wholeLog(bounded, attempt.jobId), lines.join(''))
  // The files of another job go away.
  const others = await readdir(join(own.root, 'mine'))
  for (const name of others) await rm(join(own.root, 'mine', name))
  clock.advance(60_000)
  t.ok(await bounded.segmentMover?.makeRoom(attempt, plenty))
})

t.test('a Redis that is full lets entries leave', onRealRedis, async (t) => {
  const full = await startRedis(t)
  const own = await segmentsIn(t, 20_000)
  const roomy = openStore(full)
  const filled = await commitMany(await newAttempt(roomy), 20, roomy)
  await roomy.redis.config('SET', 'maxmemory', '1')
  const moving = openStore(full, { segments: { ...own, windowBytes: 500 }, keys: roomy.keys })
  t.ok(await moving.segmentMover?.makeRoom(filled.attempt, plenty))
  await roomy.redis.config('SET', 'maxmemory', '0')
  t.equal(await wholeLog(moving, filled.attempt.jobId), filled.lines.join(''))
})

t.test('deleted messages are gone, wherever they were', onRealRedis, async (t) => {
  const { attempt } = await commitMany(await newAttempt(), 30)
  const { jobId } = attempt
  await store.attempts.end(jobId, 1, { status: 'succeeded' })
  await store.jobs.deleteMessages(tenant, jobId)
  for (const after of [0, attempt.offset]) await t.rejects(store.messages.read(jobId, after, 1e6), { code: 'log_gone' })
  t.equal(await store.redis.exists(store.redis.keyspace.job(jobId, 'segments')), 0)
})

t.test('versions that know no segments refuse to read such a log, instead of leaving messages out', async (t) => {
  const { attempt } = await commitMany(await newAttempt(), 30)
  const wrapped = (await store.redis.get(store.redis.keyspace.job(attempt.jobId, 'dataKey'))) ?? ''
  t.match(wrapped, /^v1-moved\.test\./, 'their check of the form fails')
})
