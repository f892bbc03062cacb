import { randomBytes } from 'node:crypto'
import t from 'tap'
import { encryptionKey } from '../../src/store/secrets/sealing.ts'
import { maxDeaths } from '../../src/sync/attempt/retry-policy.ts'
import { jobKey } from '../support/keys.ts'
import { runCompiled } from '../support/processes.ts'
import { startRedis } from '../support/redis.ts'
import { syncRequest, tenant } from '../support/store.ts'
import { countedLog, openService, untilEnded, untilLogHolds, wholeLog } from '../support/worker.ts'

const server = await startRedis(t)
const key = randomBytes(32)
/** How soon a job goes on, ms: docs/operations.md names 13 s with the default locks. Those of these workers are no longer. */
const mostMs = 60_000

async function setUp(teardown: Parameters<typeof openService>[1]) {
  const service = openService(server, teardown, { keys: [encryptionKey('test', key)] })
  const { jobId } = await service.jobs.create({ tenant, request: syncRequest() })
  const startProcess = (commits: number, hangBefore = -1) =>
    runCompiled(t, 'test/support/worker-process.js', [
      server.socket,
      key.toString('hex'),
      String(commits),
      String(hangBefore),
    ])
  return { service, jobId, startProcess }
}

t.test('workers that are killed at any moment lose nothing and repeat nothing', async (t) => {
  const { service, jobId, startProcess } = await setUp(t.teardown)
  const commits = 300
  const kills = 6
  for (let kill = 1; kill <= kills; kill++) {
    // On a slow machine the one before may have come so far already: this one has to have written something, too.
    const { messageCount: held } = await service.jobs.read(tenant, jobId)
    const worker = startProcess(commits)
    await untilLogHolds(service, jobId, Math.max(held + 1, Math.floor((kill * commits * 6) / (kills + 2))))
    t.equal(await worker.end('SIGKILL'), 'SIGKILL')
  }
  const last = startProcess(commits)
  const job = await untilEnded(service, jobId)
  await last.end('SIGTERM')
  t.match(job, { status: 'succeeded', attempts: kills + 1, rowsSynced: commits * 5, messageCount: commits * 6 })
  t.equal(await wholeLog(service, jobId), countedLog(commits))
})

t.test('a killed worker is noticed by another one that is running already', async (t) => {
  const { service, jobId, startProcess } = await setUp(t.teardown)
  const first = startProcess(30, 10)
  await first.untilLine(/hanging/)
  const second = startProcess(30)
  await second.untilLine(/started/)
  const since = performance.now()
  await first.end('SIGKILL')
  t.match(await untilEnded(service, jobId), { status: 'succeeded', attempts: 2 })
  t.ok(performance.now() - since < mostMs, `${Math.round(performance.now() - since)} ms`)
  t.equal(await wholeLog(service, jobId), countedLog(30))
  await second.end('SIGTERM')
})

t.test(
  'workers told to stop leave in order, one after the other, and the next goes on without waiting for a lock',
  async (t) => {
    const { service, jobId, startProcess } = await setUp(t.teardown)
    let worker = startProcess(30, 5)
    for (const hangBefore of [10, 20, -1]) {
      await worker.untilLine(/hanging/)
      const next = startProcess(30, hangBefore)
      await next.untilLine(/started/)
      t.equal(await worker.end('SIGTERM'), 0)
      worker = next
    }
    t.match(await untilEnded(service, jobId), { status: 'succeeded', attempts: 4 })
    t.equal(await service.redis.hget(jobKey(jobId, 'record'), 'deaths'), '0', 'none of them counts as dead')
    const { events } = await eventsOf(service)
    t.notOk(
      events.some(([name, id]) => name === 'stalled' && id === `job-${jobId}`),
      'no lock had to run out',
    )
    t.equal(await wholeLog(service, jobId), countedLog(30))
    await worker.end('SIGTERM')
  },
)

t.test('a worker that slept through its lock writes nothing more when it wakes', async (t) => {
  const { service, jobId, startProcess } = await setUp(t.teardown)
  const sleeper = startProcess(800)
  await untilLogHolds(service, jobId, 300)
  sleeper.child.kill('SIGSTOP')
  const heir = startProcess(800)
  await untilLogHolds(service, jobId, 2000)
  sleeper.child.kill('SIGCONT')
  t.match(await untilEnded(service, jobId), { status: 'succeeded', attempts: 2, messageCount: 4800 })
  t.ok((await wholeLog(service, jobId)) === countedLog(800))
  t.equal(await sleeper.end('SIGTERM'), 0)
  await heir.end('SIGTERM')
})

t.test('a job that kills every worker that takes it is given up after the tenth', async (t) => {
  const { service, jobId, startProcess } = await setUp(t.teardown)
  for (let kill = 1; kill <= maxDeaths; kill++) {
    const worker = startProcess(30, 0)
    await worker.untilLine(/hanging/)
    t.equal(await worker.end('SIGKILL'), 'SIGKILL')
  }
  const last = startProcess(30)
  t.match(await untilEnded(service, jobId), {
    status: 'failed',
    attempts: maxDeaths + 1,
    failure: { code: 'no_progress', message: /10 workers in a row died/ },
  })
  await last.end('SIGTERM')
})

/** What BullMQ has told of its jobs: name of the event, id of the job. */
async function eventsOf(service: ReturnType<typeof openService>) {
  const entries = await service.redis.xrange('intercom-sync:{queue}:sync:events', '-', '+')
  const events = entries.map(([, fields]) => {
    const value = (name: string) => fields[fields.indexOf(name) + 1]
    return [value('event'), value('jobId')] as const
  })
  return { events }
}
