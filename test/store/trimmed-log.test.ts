import t from 'tap'
import { recordPrefix, recordSuffix, stateLine } from '../../src/airbyte/messages.ts'
import type { Attempt } from '../../src/store/attempts/attempts.ts'
import { readWholeLog } from '../../src/store/log/redis-message-log.ts'
import { createFingerprints } from '../../src/sync/delivered/fingerprints.ts'
import { replayLog } from '../../src/sync/delivered/replay.ts'
import { startRedis } from '../support/redis.ts'
import { beginAttempt, commitTo, openStore, segmentsIn, syncRequest, type TestStore, tenant } from '../support/store.ts'

const server = await startRedis(t)

const company = (number: number) => `{"id":"c${number}","updated_at":${number},"name":"Company ${number}"}`
const contact = (number: number) => `{"id":"p${number}","updated_at":${number}}`

/** Commits of two companies, two contacts and a STATE each. */
async function commitMany(store: TestStore, begun: Attempt, commits: number) {
  let attempt = begun
  for (let count = 0; count < commits; count++) {
    const number = attempt.offset
    const record = (stream: string, text: string) => `${recordPrefix(stream, 1)}${text}${recordSuffix}`
    const lines = [
      record('companies', company(number)),
      record('companies', company(number + 1)),
      record('contacts', contact(number)),
      record('contacts', contact(number + 1)),
      stateLine('companies', { at: number }, 2),
    ]
    attempt = await commitTo(store, attempt, `${attempt.fence}-${number}`, {
      body: Buffer.from(lines.join('')),
      messageCount: lines.length,
      recordCount: 4,
      isProgress: true,
      holdsError: false,
      checkpoints: [{ messageIndex: 5, streamName: 'companies', streamState: { at: number } }],
      position: {},
      streams: [],
    })
  }
  return attempt
}

async function replayed(store: TestStore, jobId: number) {
  const fingerprints = createFingerprints()
  await replayLog(readWholeLog(store, jobId), new Set(['companies', 'contacts']), fingerprints)
  return fingerprints
}

/** Which of the records of a log are known, by the number that `commitMany` has given them. */
const known = (fingerprints: ReturnType<typeof createFingerprints>, numbers: readonly number[]) =>
  numbers.filter((number) => !fingerprints.add('companies', company(number)))
const knownVersions = (fingerprints: ReturnType<typeof createFingerprints>, numbers: readonly number[]) =>
  numbers.filter((number) => !fingerprints.add('contacts versions', `p${number} ${number}`))

for (const isPartlyMoved of [false, true])
  t.test(
    `a later attempt knows the records that have given way${isPartlyMoved ? ', and those in files' : ''}`,
    async (t) => {
      await server.connect().flushall()
      const segments = isPartlyMoved ? await segmentsIn(t, 2000) : undefined
      const store = openStore(server, segments && { segments })
      const { jobId } = await store.jobs.create({ tenant, request: syncRequest() })
      const began = await beginAttempt(store, { jobId, fence: 1, attemptId: 'a' })
      const moved = await commitMany(store, began, isPartlyMoved ? 12 : 0)
      const apart = openStore(server, { keys: store.keys })
      const attempt = await commitMany(apart, moved, 12)
      const { logEpoch } = await store.jobs.read(tenant, jobId)
      const acknowledged = attempt.offset - 22
      await store.jobs.acknowledge(tenant, jobId, { held: acknowledged, epoch: logEpoch })
      t.ok((await apart.attempts.makeRoom(attempt)) > 0)
      t.equal(await apart.attempts.makeRoom(attempt), 0, 'what is not acknowledged stays')
      const firstLeft = Number(await store.redis.hget(store.redis.keyspace.job(jobId, 'record'), 'trimmedTo'))
      t.ok(firstLeft > attempt.offset - 32 && firstLeft <= acknowledged, 'whole entries go')
      await t.rejects(store.messages.read(jobId, firstLeft - 1, 1e6), { code: 'log_gone', extensions: { firstLeft } })

      const heir = await beginAttempt(store, { jobId, fence: 2, attemptId: 'b' })
      const fingerprints = await replayed(store, jobId)
      const all = Array.from({ length: heir.offset }, (_, number) => number).filter((number) => number % 5 < 2)
      t.same(known(fingerprints, all), all)
      t.same(knownVersions(fingerprints, all), all)
      t.same(known(fingerprints, [heir.offset, heir.offset + 1]), [], 'and no others')

      // An earlier version has removed messages, and has kept nothing of them.
      await store.redis.hdel(store.redis.keyspace.job(jobId, 'record'), 'fingerprintedTo')
      await t.rejects(replayed(store, jobId), { code: 'log_gone' })
      await store.attempts.end(jobId, 2, { status: 'succeeded' })
      t.equal(await store.redis.exists(store.redis.keyspace.job(jobId, 'fingerprints')), 0, 'the end removes them')
    },
  )
