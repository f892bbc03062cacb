/**
 * Writes the golden file anew: what this version leaves in Redis after two jobs of a workspace, one ended and one under
 * way. To be run when what is kept has got another version; the files of the versions before stay.
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
import { openService, untilEnded, wholeLog } from '../support/worker.ts'
import { type GoldenFile, goldenPath } from './golden-file.ts'
import { pauseAfter } from './paused-engine.ts'
import { readImage } from './redis-image.ts'
import { createWorkspaceEngine, openWorkspace, startsAt, wholeBody } from './workspace.ts'

const [madeBy = ''] = process.argv.slice(2)
const key = createHash('sha256').update('the key of the golden files').digest()
const connectionId = 'golden'
/** Contacts are half read by then. */
const commitsUnderWay = 6

const closers: (() => unknown)[] = []
const teardown = (close: () => unknown) => closers.push(close)
const service = openService(await startRedis({ teardown }), teardown, {
  keys: [encryptionKey('golden', key)],
  clock: { ...systemClock, now: () => startsAt },
})
const world = await openWorkspace()
const engine = createWorkspaceEngine(world)

const { config, catalog } = parseSyncRequest(wholeBody)
await service.connections.put(tenant, connectionId, { config, catalog })
const { generation, states: none } = await service.connections.readStart(tenant, connectionId)
const connection = { connectionId, generation, bodyDigest: 'a digest' }
const worker = service.startWorker(engine)
const ended = await service.jobs.create({ tenant, request: { config, catalog, states: none }, connection })
const { status, messageCount, logEpoch } = await untilEnded(service, ended.jobId)
if (status !== 'succeeded') throw new Error(`the job has ${status}`)
await service.jobs.acknowledge(tenant, ended.jobId, { held: messageCount, epoch: logEpoch })
await worker.handOver()

const { startSync, isUnderWay } = pauseAfter(commitsUnderWay, engine)
const stopped = service.startWorker(startSync)
const underWay = await service.jobs.create({ tenant, request: parseSyncRequest(wholeBody), graceMs: 60_000 })
await isUnderWay
await stopped.handOver()

const log = await wholeLog(service, ended.jobId)
const lastStates = new Map<string, unknown>()
for (const line of log.split('\n').filter((one) => one.startsWith('{"type":"STATE"'))) {
  const message = JSON.parse(line) as { state: { stream: { stream_descriptor: { name: string } } } }
  lastStates.set(message.state.stream.stream_descriptor.name, message)
}
const golden: GoldenFile = {
  madeBy,
  key: key.toString('hex'),
  writtenAt: world.clock.now(),
  connectionId,
  jobs: { ended: ended.jobId, underWay: underWay.jobId },
  list: (await service.jobs.list(tenant, { limit: 10 })).items.map(({ waitingFor: _, ...job }) => job),
  states: [...lastStates.values()],
  digest: createHash('sha256').update(log).digest('hex'),
  redis: await readImage(service.redis),
}
writeFileSync(goldenPath, `${JSON.stringify(golden, null, 1)}\n`)
for (const close of closers.reverse()) await close()
process.exit(0)
