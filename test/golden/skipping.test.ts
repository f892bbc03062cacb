import t from 'tap'
import { encryptionKey } from '../../src/store/secrets/sealing.ts'
import { judge } from '../support/engine.ts'
import { startRedis } from '../support/redis.ts'
import { tenant } from '../support/store.ts'
import { openService, untilEnded, wholeLog } from '../support/worker.ts'
import { writeImage } from './redis-image.ts'
import { openSkippingWorld, readSkippingFile } from './skipping-file.ts'
import { createWorkspaceEngine, startsAt } from './workspace.ts'

const golden = readSkippingFile()
const { jobId } = golden

t.test('a job that an earlier version leaves a stream out of still leaves it out, and nothing else', async (t) => {
  const redis = await startRedis(t)
  const service = openService(redis, t.teardown, { keys: [encryptionKey('golden', Buffer.from(golden.key, 'hex'))] })
  await writeImage(service.redis, golden.redis)
  // By now the token may read everything.
  const world = await openSkippingWorld([])
  t.teardown(() => world[Symbol.asyncDispose]())
  world.clock.advance(golden.writtenAt - startsAt + 60_000)

  t.match(await service.jobs.read(tenant, jobId), { status: 'incomplete', skippedStreams: ['tags'] })
  const before = await wholeLog(service, jobId)
  t.ok(before.includes('"type":"RECORD"'))
  t.equal(before.match(/"WARN".*Left out/g)?.length, 1)
  // Nobody has told the queue of it: the reconciler does.
  service.startWorker(createWorkspaceEngine(world))
  t.match(await untilEnded(service, jobId), {
    status: 'succeeded',
    attempts: 2,
    skippedStreams: ['tags'],
    streams: [{ streamName: 'contacts', status: 'COMPLETE' }],
  })
  const log = await wholeLog(service, jobId)
  t.ok(log.startsWith(before))
  t.notOk(log.includes('"stream_descriptor":{"name":"tags"}'))
  const report = await judge(world.simulator, Buffer.from(log), { expectStreams: ['contacts'] })
  t.same(report.faults, [])
})
