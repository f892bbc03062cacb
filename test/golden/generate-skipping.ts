/**
 * Writes `skipping-1.json`: what this version leaves in Redis of a job that leaves a stream out. To be run when that has
 * got another version, into another file; the files of the versions before stay.
 *
 * Argument: the commit that is built.
 */
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { systemClock } from '../../src/clock.ts'
import { encryptionKey } from '../../src/store/secrets/sealing.ts'
import { parseSyncRequest } from '../../src/sync/contract/sync-request.ts'
import type { StartSync } from '../../src/sync/engine.ts'
import { createDeferred } from '../support/deferred.ts'
import { startRedis } from '../support/redis.ts'
import { tenant } from '../support/store.ts'
import { openService, silentLog, untilAborted } from '../support/worker.ts'
import { readImage } from './redis-image.ts'
import {
  createSkippingEngine,
  openSkippingWorld,
  type SkippingFile,
  skippingBody,
  skippingPath,
  skippingStart,
} from './skipping-file.ts'

const [madeBy = ''] = process.argv.slice(2)
const key = createHash('sha256').update('the key of the golden files').digest()
/** Contacts are half read by then. */
const commitsUnderWay = 4

const closers: (() => unknown)[] = []
const teardown = (close: () => unknown) => closers.push(close)
const service = openService(await startRedis({ teardown }), teardown, {
  keys: [encryptionKey('golden', key)],
  clock: { ...systemClock, now: () => skippingStart },
})
const world = await openSkippingWorld(['read_tags'])
const engine = createSkippingEngine(world)
const isUnderWay = createDeferred<void>()
const pausing: StartSync = async function* pause(request, options) {
  const sync = engine(request, options)
  for (let commits = 0; commits < commitsUnderWay; commits++) {
    const step = await sync.next()
    if (step.done) throw new Error('the job has ended already')
    yield step.value
  }
  isUnderWay.resolve()
  return untilAborted(options.signal)
}
const worker = service.startWorker(pausing, undefined, undefined, silentLog)
const { jobId } = await service.jobs.create({ tenant, request: parseSyncRequest(skippingBody) })
await isUnderWay.promise
await worker.handOver()

const file: SkippingFile = {
  madeBy,
  key: key.toString('hex'),
  writtenAt: world.clock.now(),
  jobId,
  redis: await readImage(service.redis),
}
writeFileSync(skippingPath, `${JSON.stringify(file, null, 1)}\n`)
for (const close of closers.reverse()) await close()
process.exit(0)
