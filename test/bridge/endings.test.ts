import t, { type Test } from 'tap'
import { startBridgedService } from '../support/bridged-service.ts'
import { configuredCatalog } from '../support/configured-catalog.ts'
import { onlyProgress, openConnector } from '../support/connector.ts'
import { judge, parseLines } from '../support/engine.ts'
import { jobKey } from '../support/keys.ts'
import { onRealRedis, saveJob } from '../support/redis.ts'

const service = await startBridgedService(t, { contacts: 3000, oddities: false })
const bench = openConnector(t)
const access = { service_url: service.url, service_api_key: service.key }
const config = bench.write('config.json', { access_token: 'simulator-token', num_workers: 1, ...access })
const read = ['read', '--config', config, '--catalog', bench.write('one.json', configuredCatalog(['contacts']))]

/** A read that has printed a STATE, and that Intercom keeps waiting then. */
async function startHeld(gate: string, environment: Record<string, string> = {}) {
  service.intercom.faults.next([{ match: { path: '/contacts/search' }, skip: 12, repeat: 4, holdUntil: gate }])
  const running = bench.start(read, { environment })
  await running.untilPrinted(/"STATE"/)
  const [job] = await service.jobs()
  return { running, jobId: job?.jobId ?? 0 }
}

function letGo(gate: string): void {
  service.intercom.faults.clear()
  service.intercom.faults.open(gate)
}

/** What two jobs have given together is one sync, with every record that one job gives. */
async function holdsAll(t: Test, stdout: Buffer): Promise<void> {
  const whole = await bench.run(read)
  t.same((await judge(service.intercom, whole.stdout, { expectStreams: ['contacts'] })).faults, [])
  const ids = (messages: Buffer) =>
    new Set(parseLines(messages).flatMap(({ type, record }) => (type === 'RECORD' ? [record.data.id] : [])))
  t.same(ids(stdout), ids(whole.stdout))
  t.equal(stdout.toString().match(/"STARTED"/g)?.length, 1)
  t.equal(stdout.toString().match(/"COMPLETE"/g)?.length, 1)
}

for (const signal of ['SIGTERM', 'SIGINT'] as const)
  t.test(`${signal} cancels the job, and the process dies of it after a whole line`, async (t) => {
    const { running, jobId } = await startHeld(signal)
    running.child.kill(signal)
    const { end, stdout, stderr } = await running.finished
    t.match({ end, stderr }, { end: signal, stderr: onlyProgress })
    t.equal(stdout.at(-1), 0x0a)
    letGo(signal)
    t.match(await service.untilStatus(jobId, 'cancelled', 'succeeded', 'failed'), { status: 'cancelled' })
  })

t.test(
  'an attempt that a platform starts again after a SIGTERM gets a job of its own, and later that one',
  async (t) => {
    const environment = { WORKER_JOB_ID: '78', WORKER_JOB_ATTEMPT: '0' }
    const { running, jobId } = await startHeld('evicted', environment)
    running.child.kill('SIGTERM')
    await running.finished
    letGo('evicted')
    t.match(await service.untilStatus(jobId, 'cancelled', 'succeeded', 'failed'), { status: 'cancelled' })
    const again = await bench.run(read, { environment })
    t.equal(again.end, 0)
    t.same((await judge(service.intercom, again.stdout, { expectStreams: ['contacts'] })).faults, [])
    const [second] = await service.jobs()
    t.not(second?.jobId, jobId)
    t.ok((await bench.run(read, { environment })).stdout.equals(again.stdout))
    t.equal((await service.jobs())[0]?.jobId, second?.jobId)
  },
)

t.test('a reader that leaves cancels the job', async (t) => {
  const { running, jobId } = await startHeld('left')
  running.child.stdout?.destroy()
  letGo('left')
  t.match(await service.untilStatus(jobId, 'cancelled', 'succeeded', 'failed'), { status: 'cancelled' })
  t.match(await running.finished, { end: 1, stderr: onlyProgress })
})

t.test('a job whose messages were lost goes on as another one, from the last state that was printed', async (t) => {
  const { running, jobId } = await startHeld('lost')
  const redis = service.redis.connect()
  const gone = await redis.keys(`*{job:${jobId}}*`)
  t.ok(gone.length > 0)
  await redis.del(...gone)
  await service.restartApi('SIGKILL')
  letGo('lost')
  const { end, stdout } = await running.finished
  t.equal(end, 0)
  t.not((await service.jobs())[0]?.jobId, jobId)
  await holdsAll(t, stdout)
})

t.test(
  'a log that has gone back in time is not read on: another job goes on from the last state',
  onRealRedis,
  async (t) => {
    const { running, jobId } = await startHeld('back')
    const redis = service.redis.connect()
    const goBack = await saveJob(redis, jobId)
    const { messageCount } = (await service.jobs())[0] ?? { messageCount: 0 }
    letGo('back')
    service.intercom.faults.next([{ match: { path: '/contacts/search' }, skip: 1, repeat: 4, holdUntil: 'further' }])
    await running.untilLines(messageCount + 1)
    await goBack()
    letGo('further')
    const { end, stdout } = await running.finished
    t.equal(end, 0)
    t.not((await service.jobs())[0]?.jobId, jobId)
    await holdsAll(t, stdout)
  },
)

t.test('a bridge that is killed outright leaves a job that ends when its grace is over', async (t) => {
  const { running, jobId } = await startHeld('killed')
  running.child.kill('SIGKILL')
  t.equal((await running.finished).end, 'SIGKILL')
  const record = jobKey(jobId, 'record')
  const redis = service.redis.connect()
  t.ok(Number(await redis.hget(record, 'graceMs')) > 60_000, 'longer than a bridge tries to reach its service')
  // The lease of the reader is given up, or runs out; then the grace of a minute and a half counts.
  await redis.hset(record, 'graceMs', 1000)
  t.match(await service.untilStatus(jobId, 'cancelled', 'succeeded', 'failed'), { status: 'cancelled' })
  letGo('killed')
})
