import { randomUUID } from 'node:crypto'
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { type FolderSharing, joinSegmentFolder } from '../../src/store/segments/folder/segment-folder.ts'
import { sweep } from '../../src/store/segments/folder/segment-sweeper.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { onRealRedis, startRedis } from '../support/redis.ts'
import { beginAttempt, commitOf, commitTo, openStore, segmentsIn, syncRequest, tenant } from '../support/store.ts'

const server = await startRedis(t)
const redis = server.connect()
const anything = (error: unknown) => {
  throw error
}

/** An empty disk; what is on it is removed when the tests end. */
async function newDisk(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'intercom-sync-segments-'))
  t.teardown(() => rm(directory, { recursive: true, force: true }))
  return join(directory, 'segments')
}

/** A process with this disk. `announce` makes it look again. */
async function startProcess(root: string, writes = true) {
  const told: FolderSharing[] = []
  const clock = createManualClock()
  const folder = await joinSegmentFolder({
    redis,
    clock,
    root,
    writes,
    createId: randomUUID,
    onSharing: (sharing) => told.push(sharing),
    onError: anything,
  })
  const announce = async () => {
    await clock.untilAsleep()
    clock.advance(10_000)
    await clock.untilAsleep()
  }
  return { ...folder, told, announce }
}

/** What a process that was killed leaves behind counts no more. */
const forgetTheDead = () => redis.del(redis.keyspace.segmentSharers, redis.keyspace.segmentStrangers)

t.test('processes with one DATA_DIR share a folder, whoever comes first', async (t) => {
  await redis.flushall()
  const disk = await newDisk()
  const reader = await startProcess(disk, false)
  t.same(reader.told, [], 'there is none yet')
  const [first, second] = await Promise.all([startProcess(disk), startProcess(disk)])
  await reader.announce()
  t.same([first.told, second.told, reader.told], [['shared'], ['shared'], ['shared']])
  t.equal(first.writableFolder(), second.writableFolder())
  t.same(await readdir(disk), [first.writableFolder()], 'one folder')
  for (const one of [first, second, reader]) await one.leave()
  const later = await startProcess(disk)
  t.equal(later.writableFolder(), first.writableFolder())
  await later.leave()
})

t.test('a DATA_DIR that not all share is found, and nothing is moved until all share one', async (t) => {
  await redis.flushall()
  const disk = await newDisk()
  const [worker, stranger] = [await startProcess(disk), await startProcess(await newDisk(), false)]
  t.same(stranger.told, ['apart'])
  t.ok(await stranger.mayBeElsewhere(worker.ownFolder() ?? ''), 'what it does not find may be there for others')
  await worker.announce()
  t.same(worker.told, ['shared', 'others-apart'])
  t.equal(worker.writableFolder(), undefined)
  t.ok(worker.ownFolder())
  await stranger.leave()
  await worker.announce()
  t.same(worker.told, ['shared', 'others-apart', 'shared'])
  await worker.leave()
})

t.test('a disk that went away with its container is replaced, and does not count when it comes back', async (t) => {
  await redis.flushall()
  const [oldDisk, newerDisk] = [await newDisk(), await newDisk()]
  const gone = await startProcess(oldDisk)
  const waiting = await startProcess(newerDisk)
  t.same(waiting.told, ['apart'], 'the other one may be alive')
  await forgetTheDead()
  await waiting.announce()
  t.same(waiting.told, ['apart', 'shared'])
  t.not(waiting.writableFolder(), gone.writableFolder())
  const back = await startProcess(oldDisk)
  t.same(back.told, ['apart'])
  for (const one of [gone, waiting, back]) await one.leave()
})

t.test('a disk that is away for a moment is waited for, also by a process that is alone', async (t) => {
  await redis.flushall()
  const disk = await newDisk()
  const alone = await startProcess(disk)
  const folder = alone.writableFolder() ?? ''
  await rename(disk, `${disk}-away`)
  await mkdir(disk)
  await alone.announce()
  t.same(alone.told, ['shared', 'apart'])
  t.same(await readdir(disk), [], 'no other folder takes its place')
  t.ok(await alone.mayBeElsewhere(folder), 'its messages are not lost')
  await rm(disk, { recursive: true })
  await rename(`${disk}-away`, disk)
  await alone.announce()
  t.same(alone.told, ['shared', 'apart', 'shared'])
  t.equal(alone.writableFolder(), folder)

  await rename(disk, `${disk}-away`)
  await alone.announce()
  await forgetTheDead()
  await alone.announce()
  t.same(alone.told.slice(3), ['apart', 'shared'], 'but not for ever')
  t.not(alone.writableFolder(), folder)
  await alone.leave()
})

t.test('a DATA_DIR that cannot be written is told', async (t) => {
  await redis.flushall()
  const directory = await newDisk()
  await writeFile(directory, 'a file where the folder should be')
  const process = await startProcess(directory)
  t.same(process.told, ['unwritable'])
  t.equal(process.writableFolder(), undefined)
  await process.leave()
})

t.test('files are swept when no log has named them for long, and nothing else is', onRealRedis, async (t) => {
  await redis.flushall()
  const segments = await segmentsIn(t, 500)
  const store = openStore(server, { segments })
  const own = join(segments.root, 'mine')
  const jobWithFiles = async () => {
    const { jobId } = await store.jobs.create({ tenant, request: syncRequest() })
    let attempt = await beginAttempt(store, { jobId, fence: 1, attemptId: 'a' })
    for (let commit = 0; commit < 5; commit++)
      attempt = await commitTo(store, attempt, `1-${commit}`, commitOf(attempt.offset + 1, 20))
    return jobId
  }
  const [kept, expired] = [await jobWithFiles(), await jobWithFiles()]
  const before = await readdir(own)
  // What others have there: other services, people, and a file that was written and never named.
  await mkdir(join(segments.root, 'others'))
  await writeFile(join(segments.root, 'others', `job-${expired}-attempt-1-after-0-x.segment`), '')
  await writeFile(join(own, 'notes.txt'), '')
  const orphan = `job-${kept}-attempt-1-after-0-orphan.segment`
  await writeFile(join(own, orphan), '')
  await redis.del(redis.keyspace.job(expired, 'dataKey'))

  const sweepWith = (sparedMs?: number) => {
    const spared = sparedMs !== undefined && { sparedMs }
    return sweep({
      redis,
      clock: store.clock,
      root: segments.root,
      ownFolder: () => 'mine',
      onError: anything,
      ...spared,
    })
  }
  await sweepWith()
  await sweepWith()
  t.same((await readdir(own)).toSorted(), [...before, 'notes.txt', orphan].toSorted(), 'two hours are spared')
  t.equal(await redis.exists(redis.keyspace.job(expired, 'segments')), 0, 'an index without its key goes')

  await sweepWith(0)
  const left = before.filter((name) => name.startsWith(`job-${kept}-`))
  t.ok(left.length > 0)
  t.same((await readdir(own)).toSorted(), [...left, 'notes.txt'].toSorted())
  t.same(await readdir(join(segments.root, 'others')), [`job-${expired}-attempt-1-after-0-x.segment`])
  t.equal(await redis.zcard(redis.keyspace.unnamedSegments), 0)
})

t.test('a file that gets its name back, from a Redis that went back in time, stays', onRealRedis, async (t) => {
  await redis.flushall()
  const segments = await segmentsIn(t, 500)
  const store = openStore(server, { segments })
  const { jobId } = await store.jobs.create({ tenant, request: syncRequest() })
  let attempt = await beginAttempt(store, { jobId, fence: 1, attemptId: 'a' })
  for (let commit = 0; commit < 5; commit++)
    attempt = await commitTo(store, attempt, `1-${commit}`, commitOf(attempt.offset + 1, 20))
  const key = redis.keyspace.job(jobId, 'dataKey')
  const wrapped = (await redis.get(key)) ?? ''
  const options = { redis, clock: store.clock, root: segments.root, ownFolder: () => 'mine', onError: anything }
  const saved = await redis.dumpBuffer(redis.keyspace.job(jobId, 'segments'))
  await redis.del(key)
  await sweep(options)
  await redis.set(key, wrapped)
  await redis.restore(redis.keyspace.job(jobId, 'segments'), 0, saved ?? '')
  await sweep(options)
  t.equal(await redis.zcard(redis.keyspace.unnamedSegments), 0)
  await sweep({ ...options, sparedMs: 0 })
  t.match(await store.messages.read(jobId, 0, 1e6), { total: attempt.offset })
})
