import { createHash } from 'node:crypto'
import t, { type Test } from 'tap'
import type { DeliveryLedger } from '../../simulator/oracle/delivery-check.ts'
import type { ConfiguredCatalog } from '../../src/airbyte/catalog.ts'
import { encryptionKey } from '../../src/store/secrets/sealing.ts'
import { parseSyncRequest } from '../../src/sync/contract/sync-request.ts'
import { collectSync, judge, recordsOf } from '../support/engine.ts'
import type { World } from '../support/moving-world.ts'
import { startRedis } from '../support/redis.ts'
import { tenant } from '../support/store.ts'
import { openService, type TestService, untilEnded, wholeLog } from '../support/worker.ts'
import { readGoldenFile } from './golden-file.ts'
import { writeImage } from './redis-image.ts'
import { createWorkspaceEngine, openWorkspace, startsAt, wholeBody } from './workspace.ts'

const golden = readGoldenFile()
const { ended, underWay } = golden.jobs
const whole = wholeBody.streams.filter(({ syncMode }) => syncMode === 'full_refresh').map(({ name }) => name)

/** What an earlier version has left in Redis, and the workspace a minute later. */
async function setUp(t: Test): Promise<{ service: TestService; world: World }> {
  const redis = await startRedis(t)
  const service = openService(redis, t.teardown, { keys: [encryptionKey('golden', Buffer.from(golden.key, 'hex'))] })
  await writeImage(service.redis, golden.redis)
  const world = await openWorkspace()
  t.teardown(() => world[Symbol.asyncDispose]())
  world.clock.advance(golden.writtenAt - startsAt + 60_000)
  return { service, world }
}

/** What the ended job has delivered. */
async function deliveredBy(log: string, { simulator }: World): Promise<DeliveryLedger> {
  const ledger: DeliveryLedger = new Map()
  const report = await judge(simulator, Buffer.from(log), { ledger })
  t.same(report.faults, [])
  for (const stream of whole) ledger.delete(stream)
  return ledger
}

t.test('jobs of an earlier version are listed as they were, and their messages read', async (t) => {
  const { service, world } = await setUp(t)
  const { items } = await service.jobs.list(tenant, { limit: 10 })
  t.same(
    items.map(({ waitingFor: _, ...job }) => job),
    golden.list,
  )
  const log = await wholeLog(service, ended)
  t.equal(createHash('sha256').update(log).digest('hex'), golden.digest)
  const report = await judge(world.simulator, Buffer.from(log))
  t.same(report.faults, [])
  t.equal(Object.keys(report.streams).length, wholeBody.streams.length)
})

t.test(
  'a job that an earlier version has begun is gone on with: nothing is missing, nothing comes twice',
  async (t) => {
    const { service, world } = await setUp(t)
    const before = await wholeLog(service, underWay)
    t.ok(before.includes('"type":"RECORD"'))
    // Nobody has told the queue of it: the reconciler does.
    service.startWorker(createWorkspaceEngine(world))
    t.match(await untilEnded(service, underWay), { status: 'succeeded', attempts: 2 })
    const log = await wholeLog(service, underWay)
    t.ok(log.startsWith(before))
    const report = await judge(world.simulator, Buffer.from(log))
    t.same(report.faults, [])
    for (const [name, { repeated, setHash, truthHash }] of Object.entries(report.streams))
      t.same({ repeated, setHash }, { repeated: 0, setHash: truthHash }, name)
  },
)

t.test('a connection of an earlier version goes on from its states', async (t) => {
  const { service, world } = await setUp(t)
  const ledger = await deliveredBy(await wholeLog(service, ended), world)
  const { generation, ...settings } = await service.connections.readStart(tenant, golden.connectionId)
  t.ok(Object.keys(settings.states).length > 5)
  // The schemas are those of the version that stored them.
  const modesIn = ({ streams }: ConfiguredCatalog) => streams.map(({ stream, sync_mode }) => [stream.name, sync_mode])
  t.same(modesIn(settings.catalog), modesIn(parseSyncRequest(wholeBody).catalog))
  const connection = { connectionId: golden.connectionId, generation, bodyDigest: 'another digest' }
  const { jobId } = await service.jobs.create({ tenant, request: settings, connection })
  service.startWorker(createWorkspaceEngine(world))
  t.match(await untilEnded(service, jobId), { status: 'succeeded', connectionId: golden.connectionId })
  await judgeQuietSync(t, Buffer.from(await wholeLog(service, jobId)), { world, ledger })

  world.simulator.workspace.mutate({ kind: 'update', count: 40 })
  world.clock.advance(60_000)
  const next = { ...connection, bodyDigest: 'a third digest' }
  const changed = await service.jobs.create({ tenant, request: settings, connection: next })
  t.match(await untilEnded(service, changed.jobId), { status: 'succeeded' })
  const contacts = recordsOf(Buffer.from(await wholeLog(service, changed.jobId)), 'contacts')
  const types = new Set(contacts.flatMap(({ avatar }) => (avatar === null ? [] : [typeof avatar])))
  t.same([...types], ['string'], 'in the types of its catalog')
})

t.test('states of every stream that a client has kept are gone on from', async (t) => {
  const { service, world } = await setUp(t)
  const ledger = await deliveredBy(await wholeLog(service, ended), world)
  const { baseUrl, clock } = world
  t.equal(golden.states.length, wholeBody.streams.length)
  const state = golden.states.filter((message) => !whole.includes(nameOf(message)))
  const { messages } = await collectSync({ baseUrl, clock, ...wholeBody, state })
  await judgeQuietSync(t, messages, { world, ledger })
})

t.test('a position that is damaged, or of a later version, is refused', async (t) => {
  const { world } = await setUp(t)
  const { baseUrl, clock } = world
  const options = { baseUrl, clock, ...wholeBody }
  const { commits } = await collectSync({ ...options, stopAfter: 3 })
  const goOnFrom = (change: object) =>
    collectSync({
      ...options,
      held: commits.map((commit) => ({ ...commit, position: { ...commit.position, ...change } })),
    })
  await t.rejects(goOnFrom({ v: 3 }), { code: 'data_unreadable', message: /is of version 3/ })
  await t.rejects(goOnFrom({ runs: 'none' }), { code: 'data_unreadable', message: /is damaged at "\/runs"/ })
  const walks = { contacts: { done: 'perhaps' } }
  await t.rejects(goOnFrom({ walks }), { code: 'data_unreadable', message: /the position of contacts is damaged/ })
})

/** Nothing has changed since: streams in increments bring nothing, the others all there is. */
async function judgeQuietSync(
  t: Test,
  messages: Buffer,
  { world, ledger }: { world: World; ledger: DeliveryLedger },
): Promise<void> {
  const report = await judge(world.simulator, messages, { ledger })
  t.same(report.faults, [])
  for (const [name, { records, setHash, truthHash }] of Object.entries(report.streams))
    if (whole.includes(name)) t.same({ name, setHash }, { name, setHash: truthHash })
    else t.same({ name, records }, { name, records: 0 })
}

function nameOf(message: unknown): string {
  const { state } = message as { state: { stream: { stream_descriptor: { name: string } } } }
  return state.stream.stream_descriptor.name
}
