import fc from 'fast-check'
import t from 'tap'
import { recordPrefix, recordSuffix } from '../../src/airbyte/messages.ts'
import { readWholeLog } from '../../src/store/log/redis-message-log.ts'
import { createFingerprints } from '../../src/sync/delivered/fingerprints.ts'
import { type LogPiece, replayLog } from '../../src/sync/delivered/replay.ts'
import { startRedis } from '../support/redis.ts'
import { beginAttempt, commitTo, openStore, syncRequest, type TestStore, tenant } from '../support/store.ts'

const server = await startRedis(t)

const company = (number: number) => `{"id":"c${number}","name":"Company ${number}"}`

/** A commit of some companies. @param isNoted whether it has their fingerprints, as those of earlier versions have not */
function commitOf(first: number, count: number, isNoted: boolean) {
  const numbers = Array.from({ length: count }, (_, place) => first + place)
  const lines = numbers.map((number) => `${recordPrefix('companies', 1)}${company(number)}${recordSuffix}`)
  const fingerprints = createFingerprints()
  for (const number of numbers) fingerprints.add('companies', company(number))
  return {
    body: Buffer.from(lines.join('')),
    messageCount: count,
    recordCount: count,
    isProgress: true,
    holdsError: false,
    checkpoints: [],
    position: {},
    ...(isNoted && { fingerprints: fingerprints.added() }),
    streams: [],
  }
}

/** Replays a job's log. @returns which of the first companies it holds, and how many of them were read in its lines */
async function replayed(store: TestStore, jobId: number, most: number) {
  let inLines = 0
  async function* pieces(): AsyncGenerator<LogPiece> {
    for await (const piece of readWholeLog(store, jobId)) {
      if (Buffer.isBuffer(piece)) inLines += piece.toString().split('\n').length - 1
      yield piece
    }
  }
  const fingerprints = createFingerprints()
  await replayLog(pieces(), new Set(['companies']), fingerprints)
  const numbers = Array.from({ length: most }, (_, number) => number)
  return { known: numbers.filter((number) => !fingerprints.add('companies', company(number))), inLines }
}

t.test(
  'a later attempt knows what is in the log, and reads no lines before the first commit without fingerprints',
  async (t) => {
    const store = openStore(server)
    const drawnCommits = fc.array(fc.record({ count: fc.integer({ min: 0, max: 5 }), isNoted: fc.boolean() }), {
      minLength: 1,
      maxLength: 8,
    })
    await fc.assert(
      fc.asyncProperty(drawnCommits, async (commits) => {
        const { jobId } = await store.jobs.create({ tenant, request: syncRequest() })
        let attempt = await beginAttempt(store, { jobId, fence: 1, attemptId: 'a' })
        for (const [place, { count, isNoted }] of commits.entries())
          attempt = await commitTo(store, attempt, `1-${place}`, commitOf(attempt.offset, count, isNoted))
        const { known, inLines } = await replayed(store, jobId, attempt.offset + 3)
        const firstUnnoted = commits.findIndex(({ isNoted, count }) => !isNoted && count > 0)
        const read = firstUnnoted === -1 ? [] : commits.slice(firstUnnoted)
        const lines = read.reduce((sum, { count }) => sum + count, 0)
        if (known.length !== attempt.offset || inLines !== lines)
          throw new Error(`${known.length} of ${attempt.offset} known, ${inLines} lines read instead of ${lines}`)
      }),
      { numRuns: 30 },
    )
    t.pass()
  },
)

t.test('fingerprints take an eighth of what a job may have in Redis, and are counted; the rest is read', async (t) => {
  await server.connect().flushall()
  const store = openStore(server, { logLimitBytes: 40_000 })
  const { jobId } = await store.jobs.create({ tenant, request: syncRequest() })
  const record = store.redis.keyspace.job(jobId, 'record')
  let attempt = await beginAttempt(store, { jobId, fence: 1, attemptId: 'a' })
  for (let place = 0; place < 6; place++)
    attempt = await commitTo(store, attempt, `1-${place}`, commitOf(attempt.offset, 100, true))
  const [notedTo, notedBytes] = (await store.redis.hmget(record, 'notedTo', 'notedBytes')).map(Number)
  t.equal(notedTo, 300)
  t.ok((notedBytes ?? 0) >= 3 * 1200 && (notedBytes ?? 0) < 5000, `${notedBytes} bytes`)
  const { known, inLines } = await replayed(store, jobId, 620)
  t.equal(known.length, 600)
  t.equal(inLines, 300)
  const noted = store.redis.keyspace.job(jobId, 'noted')
  t.ok((await store.redis.ttl(noted)) > 0, 'an earlier version does not delete them')
  await store.attempts.end(jobId, 1, { status: 'succeeded' })
  t.equal(await store.redis.exists(noted), 0, 'the end removes them')
})
