import { randomBytes } from 'node:crypto'
import t from 'tap'
import { encryptionKey } from '../../src/store/secrets/sealing.ts'
import { parseSyncRequest } from '../../src/sync/contract/sync-request.ts'
import { createAcceleratedClock } from '../support/accelerated-clock.ts'
import { listenSimulator } from '../support/listening-simulator.ts'
import { runCompiled } from '../support/processes.ts'
import { startRedis } from '../support/redis.ts'
import { tenant } from '../support/store.ts'
import { openService, untilEnded, untilLogHolds } from '../support/worker.ts'

const perWindow = 60
const hour = 3_600_000

for (const wrongBy of [-6, 6])
  t.test(`workers whose clock is wrong by ${wrongBy} h share a limit, and one that is killed leaves it`, async (t) => {
    const redis = await startRedis(t)
    const key = randomBytes(32)
    const service = openService(redis, t.teardown, { keys: [encryptionKey('test', key)] })
    // Real time, but not the workers'.
    const clock = createAcceleratedClock(Date.now() - wrongBy * hour, 1)
    const options = { contacts: 10, conversations: 130, longConversations: 0, rateLimitPerWindow: perWindow, clock }
    const simulator = await listenSimulator(t, options)
    const start = () =>
      runCompiled(t, 'test/support/sync-worker-process.js', [redis.socket, key.toString('hex'), simulator.url])
    const workers = [start(), start()]
    await Promise.all(workers.map((worker) => worker.untilLine(/started/)))
    const create = async (streams: string[]) =>
      (
        await service.jobs.create({
          tenant,
          request: parseSyncRequest({ config: { access_token: 'simulator-token' }, streams }),
        })
      ).jobId
    const big = [await create(['conversation_parts']), await create(['conversation_parts'])]
    await untilLogHolds(service, big[0] ?? 0, 40)
    const small = await create(['tags', 'teams', 'admins'])
    const asked = clock.now()
    t.match(await untilEnded(service, small), { status: 'succeeded' })
    const smallMs = clock.now() - asked
    t.ok(smallMs < 12_000, `the small job took ${smallMs} ms`)

    const killedAt = clock.now()
    await workers[0]?.end('SIGKILL')
    for (const jobId of big) t.match(await untilEnded(service, jobId), { status: 'succeeded' })
    await workers[1]?.end('SIGTERM')

    const used = new Map<number, number>()
    for (const { time } of simulator.requests.entries) {
      const window = Math.floor(time / 10_000)
      used.set(window, (used.get(window) ?? 0) + 1)
    }
    t.equal(simulator.requests.totals.byStatus[429], undefined, 'none is refused')
    // All but the first and the last one are whole; what the killed worker held is lost for its window.
    const whole = [...used].slice(1, -1).filter(([window]) => window !== Math.floor(killedAt / 10_000))
    t.ok(whole.length >= 1)
    for (const [, count] of whole) t.ok(count <= perWindow && count >= 0.95 * perWindow, `${[...used.values()]}`)
  })
