import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { createSyncQueue } from '../../src/queue/sync-queue.ts'
import { listenSimulator } from '../simulator/listening-simulator.ts'
import { judge } from '../support/engine.ts'
import { runCompiled, type Teardown, type TestProcess } from '../support/processes.ts'
import { startRedis } from '../support/redis.ts'
import { type Interception, killAt, openPort, startProxy } from '../support/tcp-proxy.ts'

const apiKey = randomBytes(24).toString('hex')
const requestsAtOnce = 100

interface Job {
  jobId: number
  status: string
  attempts: number
  messageCount: number
}

/** The moments at which a job has been made and the queue knows nothing of it. */
const moments: Record<string, (kill: () => void) => Interception> = {
  'as its record has been written': (kill) => ({ toClient: killAt((chunk) => chunk.includes('CREATED'), 0, kill) }),
  'as it is about to be queued': (kill) => ({
    toServer: killAt((chunk) => /\bjob-\d/.test(chunk.toString('latin1')), 0, kill),
  }),
}

for (const [moment, intercept] of Object.entries(moments))
  t.test(
    `an API that is killed when it makes a job, ${moment}: the job runs once, and repeats are told of it`,
    async (t) => {
      const redis = await startRedis(t)
      const simulator = await listenSimulator(t, { contacts: 400 })
      const { start, post } = await setUp(t, simulator.url)

      let victim: TestProcess | undefined
      const wire = await startProxy(
        t,
        { path: redis.socket },
        intercept(() => victim?.child.kill('SIGKILL')),
      )
      victim = start(await openPort(t, wire.socket), ['--api'])
      const victimUrl = await addressOf(victim)
      const cut = await Promise.allSettled(Array.from({ length: requestsAtOnce }, () => post(victimUrl)))
      t.equal(await victim.exited, 'SIGKILL')
      t.same([...new Set(cut.map(({ status }) => status))], ['rejected'], 'nobody was answered')
      const queue = createSyncQueue(redis.connect(), () => undefined)
      t.teardown(() => queue.close())
      const records = await redis.connect().keys('intercom-sync:{job:*}:record')
      t.equal(records.length, 1, 'one of them has made the job')
      const jobId = Number(/\d+/.exec(records[0] ?? ''))
      t.equal(await queue.stateOf(jobId), 'absent')

      const url = await addressOf(start(await openPort(t, redis.socket)))
      const repeats = await Promise.all(Array.from({ length: requestsAtOnce }, () => untilAnswered(() => post(url))))
      t.same([...new Set(repeats.map(({ status }) => status))], [202])
      const told = await Promise.all(repeats.map(async (response) => ((await response.json()) as Job).jobId))
      t.same([...new Set(told)], [jobId])

      const job = await untilEnded(url, jobId)
      t.match(job, { status: 'succeeded', attempts: 1 })
      const log = await (await fetch(`${url}/v1/jobs/${jobId}/messages`, { headers })).arrayBuffer()
      const report = await judge(simulator, Buffer.from(log), { expectStreams: ['contacts', 'tags'] })
      t.same([report.faults, report.lines], [[], job.messageCount])
      const { data } = (await (await fetch(`${url}/v1/jobs`, { headers })).json()) as { data: Job[] }
      t.same(
        data.map((other) => other.jobId),
        [jobId],
        'there is no other job',
      )
    },
  )

const headers = { authorization: `Bearer ${apiKey}` }

async function setUp(t: Teardown, intercomUrl: string) {
  const dataDir = await mkdtemp(join(tmpdir(), 'intercom-sync-data-'))
  t.teardown(() => rm(dataDir, { recursive: true, force: true }))
  const environment = {
    PORT: '0',
    DATA_DIR: dataDir,
    API_KEYS: `acme:${apiKey}`,
    ENCRYPTION_KEYS: `k1:${randomBytes(32).toString('base64')}`,
    INTERCOM_BASE_URL: intercomUrl,
  }
  const start = (redisPort: number, roles: string[] = []) =>
    runCompiled(t, 'test/support/serve-process.js', roles, {
      ...environment,
      REDIS_URL: `redis://127.0.0.1:${redisPort}`,
    })
  const post = (url: string) =>
    fetch(`${url}/v1/jobs`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json', 'idempotency-key': 'nightly' },
      body: JSON.stringify({ config: { access_token: 'simulator-token' }, streams: ['contacts', 'tags'] }),
    })
  return { start, post }
}

/** Sends it again while the service asks for that: a slow machine may be found overloaded. */
async function untilAnswered(send: () => Promise<Response>): Promise<Response> {
  for (;;) {
    const response = await send()
    if (response.status !== 503) return response
    await response.text()
  }
}

async function addressOf(service: TestProcess): Promise<string> {
  return (await service.untilLine(/^intercom-sync listens on/)).split(' ').at(-1) ?? ''
}

async function untilEnded(url: string, jobId: number): Promise<Job> {
  for (;;) {
    const job = (await (await fetch(`${url}/v1/jobs/${jobId}?wait=60`, { headers })).json()) as Job
    if (['succeeded', 'failed', 'cancelled'].includes(job.status)) return job
  }
}
