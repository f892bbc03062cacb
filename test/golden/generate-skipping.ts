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
import { startRedis } from '../support/redis.ts'
import { tenant } from '../support/store.ts'
import { openService, silentLog } from '../support/worker.ts'
import { pauseAfter } from './paused-engine.ts'
import { readImage } from './redis-image.ts'
import { openSkippingWorld, type SkippingFile, skippingBody, skippingPath } from './skipping-file.ts'
import { createWorkspaceEngine, startsAt } from './workspace.ts'

const [madeBy = ''] = process.argv.slice(2)
const key = createHash('sha256').update('the key of the golden files').digest()
/** Contacts are half read by then. */
const commitsUnderWay = 4

const closers: (() => unknown)[] = []
const teardown = (close: () => unknown) => closers.push(close)
const service = openService(await startRedis({ teardown }), teardown, {
  keys: [encryptionKey('golden', key)],
  clock: { ...systemClock, now: () => startsAt },
})
const world = await openSkippingWorld(['read_tags'])
const engine = createWorkspaceEngine(world)
const { startSync, isUnderWay } = pauseAfter(commitsUnderWay, engine)
const worker = service.startWorker(startSync, undefined, undefined, silentLog)
const { jobId } = await service.jobs.create({ tenant, request: parseSyncRequest(skippingBody) })
await isUnderWay
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
