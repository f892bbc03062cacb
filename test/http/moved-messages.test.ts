import { randomUUID } from 'node:crypto'
import { mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { systemClock } from '../../src/clock.ts'
import type { MessageLogReader } from '../../src/store/log/message-log.ts'
import { createMessageLogReader } from '../../src/store/log/redis-message-log.ts'
import { joinSegmentFolder } from '../../src/store/segments/folder/segment-folder.ts'
import { createSegmentReader } from '../../src/store/segments/segment-reading.ts'
import { startApp } from '../support/app.ts'
import { onRealRedis, startRedis } from '../support/redis.ts'
import { beginAttempt, commitOf, commitTo, openStore, syncRequest } from '../support/store.ts'

const server = await startRedis(t)

/** A process's view of a `DATA_DIR`. */
async function joinFolder(t: Test, root: string, writes: boolean) {
  const redis = server.connect()
  const told = { redis, clock: systemClock, root, writes, createId: randomUUID, onSharing: () => undefined }
  const folder = await joinSegmentFolder({ ...told, onError: (error) => t.fail(String(error)) })
  t.teardown(() => folder.leave())
  return folder
}

/** A job whose log has left Redis but for its end, and an API that reads it from a `DATA_DIR`. */
async function setUp(t: Test, wrap: (messages: MessageLogReader) => MessageLogReader = (same) => same) {
  await server.connect().flushall()
  const disk = await mkdtemp(join(tmpdir(), 'intercom-sync-moved-'))
  t.teardown(() => rm(disk, { recursive: true, force: true }))
  const root = join(disk, 'segments')
  const owner = await joinFolder(t, root, true)
  const folder = owner.writableFolder() ?? ''
  const store = openStore(server, { segments: { root, folder, windowBytes: 700 } })
  const { jobId } = await store.jobs.create({ tenant: 'default', request: syncRequest() })
  let attempt = await beginAttempt(store, { jobId, fence: 1, attemptId: 'a' })
  const lines: string[] = []
  for (let commit = 0; commit < 30; commit++) {
    const made = commitOf(attempt.offset, 20)
    lines.push(...made.body.toString().split(/(?<=\n)/))
    attempt = await commitTo(store, attempt, `1-${commit}`, made)
  }
  await store.attempts.end(jobId, 1, { status: 'failed' })
  /** An API of a process with this view. */
  const serve = async ({ mayBeElsewhere }: Pick<typeof owner, 'mayBeElsewhere'>, place: string) =>
    startApp(t, server, {
      keys: store.keys,
      wrapMessages: () =>
        wrap(createMessageLogReader({ ...store, segmentReader: createSegmentReader({ root: place, mayBeElsewhere }) })),
    })
  const path = `/v1/jobs/${jobId}/messages`
  return { root, folder, owner, path, lines, serve, store, jobId }
}

t.test('a DATA_DIR that is not mounted any more is no loss: readers are told to come again', onRealRedis, async (t) => {
  const { root, owner, path, lines, serve } = await setUp(t)
  const api = await serve(owner, root)
  const whole = await (await api.fetch(path)).text()
  t.equal(whole.split('\n').slice(0, lines.length).join('\n'), lines.join('').trimEnd())
  await rename(root, `${root}.away`)
  const refused = await api.fetch(path)
  t.match([refused.status, refused.headers.get('retry-after')], [503, '5'])
  t.match(await refused.json(), { code: 'store_unavailable', detail: /in a DATA_DIR that this process does not have/ })
  const end = await api.fetch(`${path}?after=${lines.length}`)
  t.equal(end.status, 200, 'what is in Redis is given')
  await end.text()
  await rename(`${root}.away`, root)
  t.equal(await (await api.fetch(path)).text(), whole)
})

t.test(
  'a file that is missing is told by those who share the folder, and looked for by the others',
  onRealRedis,
  async (t) => {
    const { root, folder, owner, path, serve } = await setUp(t)
    const elsewhere = await mkdtemp(join(tmpdir(), 'intercom-sync-moved-'))
    t.teardown(() => rm(elsewhere, { recursive: true, force: true }))
    const stranger = await joinFolder(t, elsewhere, false)
    const [sharing, apart] = [await serve(owner, root), await serve(stranger, elsewhere)]
    const [first = ''] = (await readdir(join(root, folder))).toSorted((one, other) => placeOf(one) - placeOf(other))
    await rm(join(root, folder, first))
    const lost = await sharing.fetch(path)
    const problem = (await lost.json()) as { lostUntil: number }
    t.match([lost.status, problem], [410, { code: 'log_damaged', lostAfter: 0, detail: /their file is missing/ }])
    t.equal((await sharing.fetch(`${path}?after=${problem.lostUntil}`)).status, 200, 'what follows is given')
    const refused = await apart.fetch(path)
    t.match([refused.status, await refused.json()], [503, { code: 'store_unavailable' }])
  },
)

t.test(
  'a log that is removed while it is read breaks off after a whole line, and then is gone',
  onRealRedis,
  async (t) => {
    let reads = 0
    let remove = async () => undefined as unknown
    const { root, folder, owner, path, lines, serve } = await setUp(t, (messages) => ({
      ...messages,
      async read(...range) {
        // The first look, then the first page; the rest is gone when it is asked for.
        if (++reads === 3) await remove()
        return messages.read(...range)
      },
    }))
    const api = await serve(owner, root)
    remove = async () => {
      t.equal((await api.fetch(path, { method: 'DELETE' })).status, 204)
      await rm(join(root, folder), { recursive: true })
    }
    const pieces: Uint8Array[] = []
    const reading = async () => {
      const { body } = await api.fetch(path)
      for await (const piece of body as unknown as AsyncIterable<Uint8Array>) pieces.push(piece)
    }
    await t.rejects(reading(), 'the body has no proper end')
    const got = Buffer.concat(pieces).toString()
    t.ok(got.length > 0 && got.endsWith('\n') && lines.join('').startsWith(got), 'whole lines from the beginning')
    const gone = await api.fetch(`${path}?after=${got.split('\n').length - 1}`)
    t.match([gone.status, await gone.json()], [410, { code: 'log_gone' }])
  },
)

/** Messages before a file's first one, by its name. */
function placeOf(name: string): number {
  return Number(/-after-(\d+)-/.exec(name)?.[1])
}
