import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import type { Attempt } from '../../src/store/attempts/attempts.ts'
import type { StoreClient } from '../../src/store/keys.ts'
import { sweep } from '../../src/store/segments/folder/segment-sweeper.ts'
import { createFaultyDisk, createFaultySteps, type FaultySteps, type StepFault } from '../support/faulty-disk.ts'
import { interceptScript } from '../support/intercepted-script.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { onRealRedis, startRedis } from '../support/redis.ts'
import { beginAttempt, commitOf, openStore, segmentsIn, syncRequest, type TestStore, tenant } from '../support/store.ts'
import { wholeLog } from '../support/worker.ts'

const server = await startRedis(t)

/** A connection on which the script that names a file has a step before it and one after it. */
function withSteps(redis: StoreClient, { step }: FaultySteps): StoreClient {
  return interceptScript(redis, 'syncMoveEntries', async (call) => {
    await step()
    const reply = await call()
    await step()
    return reply
  })
}

/** Makes commits of so many records each, and notes their lines once they may be in the log. */
async function commitAll(store: TestStore, begun: Attempt, records: readonly number[], lines: string[]) {
  let attempt = begun
  for (const count of records) {
    const commit = commitOf(attempt.offset + 1, count)
    const commitId = `${attempt.fence}-${attempt.offset}`
    lines.push(commit.body.toString())
    const outcome = await store.attempts.commit(attempt, commitId, commit)
    if (outcome !== 'COMMITTED') {
      lines.splice(lines.lastIndexOf(commit.body.toString()), 1)
      throw new Error(outcome)
    }
    attempt = { ...attempt, commitId, offset: attempt.offset + commit.messageCount }
  }
  return attempt
}

const drawn = fc.record({
  records: fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 8, maxLength: 20 }),
  fault: fc.constantFrom<StepFault>('stop', 'stop', 'stop', 'ENOSPC', 'EDQUOT', 'EIO'),
  at: fc.integer({ min: 1, max: 45 }),
  losesPower: fc.boolean(),
})

t.test(
  'at whatever step a move is killed, frozen, without power or out of room: nothing is lost, twice or left behind',
  onRealRedis,
  async (t) => {
    const met = new Set<string>()
    await fc.assert(
      fc.asyncProperty(drawn, async ({ records, fault, at, losesPower }) => {
        const segments = await segmentsIn(t, 700)
        const steps = createFaultySteps(at, fault)
        const disk = createFaultyDisk(steps)
        const errors: unknown[] = []
        const clock = createManualClock()
        const onError = (error: unknown) => {
          errors.push(error)
          clock.advance(5000)
        }
        const plain = openStore(server, { segments })
        const faulty = openStore(
          { connect: (profile) => withSteps(server.connect(profile), steps) },
          { segments: { ...segments, disk, onError }, keys: plain.keys, clock },
        )
        const { jobId } = await plain.jobs.create({ tenant, request: syncRequest() })
        const attempt = await beginAttempt(plain, { jobId, fence: 1, attemptId: 'a' })
        const lines: string[] = []
        const work = commitAll(faulty, attempt, records, lines)
        const end = await Promise.race([work.then(() => 'done'), steps.stopped.then(() => 'stopped')])
        met.add(`${fault} ${end}`)
        if (end === 'stopped' && losesPower) await disk.losePower()
        if (end === 'done') met.add(errors.length > 0 ? 'told' : 'nothing to tell')

        // Everything that Redis has confirmed was committed before its entries began to move.
        const heir = await beginAttempt(plain, { jobId, fence: 2, attemptId: 'b' })
        await commitAll(plain, heir, [30, 30, 30, 30], lines)
        if ((await wholeLog(plain, jobId)) !== lines.join('')) throw new Error('another log')
        steps.wake()
        await work.catch(() => undefined)
        if ((await wholeLog(plain, jobId)) !== lines.join('')) throw new Error('another log after the zombie')

        const { redis } = plain
        const own = join(segments.root, 'mine')
        await sweep({ ...plain, root: segments.root, ownFolder: () => 'mine', sparedMs: 0, onError })
        const indexed = await redis.zrange(redis.keyspace.job(jobId, 'segments'), '0', '-1')
        const named = indexed.map((text) => String(JSON.parse(text).file).slice('mine/'.length))
        if (named.length < 2) throw new Error('hardly anything has moved')
        const left = await readdir(own)
        if (left.toSorted().join() !== named.toSorted().join()) throw new Error(`${left} is left for ${named}`)
      }),
      { numRuns: 60 },
    )
    t.ok(
      ['stop stopped', 'ENOSPC done', 'EDQUOT done', 'EIO done', 'told'].every((one) => met.has(one)),
      `${[...met]}`,
    )
  },
)
