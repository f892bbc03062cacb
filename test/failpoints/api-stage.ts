import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { digestKey } from '../../src/store/secrets/api-key.ts'
import { encryptionKey } from '../../src/store/secrets/sealing.ts'
import { startApp } from '../support/app.ts'
import { type ArmedFailpoint, armedWith } from '../support/failpoints.ts'
import { jobKey } from '../support/keys.ts'
import { runCompiled, type Teardown, type TestProcess } from '../support/processes.ts'
import { provideRedis } from '../support/provided-redis.ts'
import { tenant } from '../support/store.ts'
import { countedLog, countingSync, openService, wholeLog } from '../support/worker.ts'

/** What is left of a round of calls, without what differs from round to round. */
export type Outcome = Record<string, unknown>

/** Calls that lead an API to each of its steps, and an API in this process that goes on where another one died. */
export interface ApiStage {
  /** Makes all calls once. @param failpoint kills the API that is called first; absent = nobody dies */
  round(failpoint?: ArmedFailpoint): Promise<{ outcome: Outcome; victim: TestProcess | undefined }>
}

const commits = 3

export async function openApiStage(t: Teardown): Promise<ApiStage> {
  const redis = await provideRedis(t)
  const key = randomBytes(32)
  const keys = [encryptionKey('test', key)]
  const service = openService(redis, (close) => t.teardown(close), { keys })
  const { enqueue, dequeue } = service.queue
  const apiKey = randomBytes(24).toString('hex')
  const apiKeys = [{ tenant, digest: digestKey(apiKey) }]
  const limits = { requestsPerMinute: 1_000_000 }
  const healthy = await startApp(t, redis, { keys, apiKeys, enqueue, dequeue, limits })
  const dataDir = await mkdtemp(join(tmpdir(), 'intercom-sync-failpoints-'))
  t.teardown(() => rm(dataDir, { recursive: true, force: true }))
  const environment = {
    PORT: '0',
    DATA_DIR: dataDir,
    REDIS_URL: `redis://127.0.0.1:${redis.port}`,
    API_KEYS: `${tenant}:${apiKey}`,
    ENCRYPTION_KEYS: `test:${key.toString('base64')}`,
  }
  const startVictim = (failpoint: ArmedFailpoint) =>
    runCompiled(t, 'test/support/serve-process.js', ['--api'], { ...environment, ...armedWith(failpoint) })

  async function round(failpoint?: ArmedFailpoint) {
    const victim = failpoint && startVictim(failpoint)
    const victimUrl = (await victim?.untilLine(/^intercom-sync listens on/))?.split(' ').at(-1)
    const caller = createCaller(apiKey, healthy.url, victimUrl)
    const connection = `/v1/connections/${randomUUID()}`
    const jobOf = async (query: string, headers: Record<string, string>, body: object) =>
      ((await caller.json('POST', `/v1/jobs${query}`, body, headers)) as { jobId: number }).jobId
    const config = { access_token: 'token-of-a-test' }

    const schedule = { type: 'interval', every: 'P1W' }
    await caller.json('PUT', `${connection}?validate=false`, { config, streams: ['contacts'], schedule })
    const { paused } = (await caller.json('POST', `${connection}/pause`)) as { paused: boolean }
    const { nextRuns } = (await caller.json('POST', `${connection}/resume`)) as { nextRuns: string[] }
    const connectionId = connection.split('/').at(-1)
    const nightly = { 'idempotency-key': randomUUID() }
    const jobId = await jobOf('', nightly, { connectionId })
    const repeated = await jobOf('', nightly, { connectionId })
    const joined = await jobOf('?onConflict=join&grace=30', { 'idempotency-key': randomUUID() }, { connectionId })

    const worker = service.startWorker(countingSync(commits))
    const { status, attempts, messageCount } = await untilEnded(caller, jobId)
    await worker.handOver()
    const read = await caller.text('GET', `/v1/jobs/${jobId}/messages`)
    const log = await wholeLog(service, jobId)
    // Somebody has read all of it, and nobody has said so.
    const unasked = await service.redis.hget(jobKey(jobId, 'record'), 'ackedOffset')
    const acknowledged = await caller.json('POST', `/v1/jobs/${jobId}/ack`, { offset: messageCount })
    const state = await caller.json('GET', `${connection}/state`)
    await caller.json('PUT', `${connection}/state`, [])
    const reset = await caller.json('GET', `${connection}/state`)
    const removed = await caller.status('DELETE', `/v1/jobs/${jobId}/messages`)

    const spare = await caller.leaveLive({ config, streams: ['contacts'] })
    const kept = await caller.json('POST', `/v1/jobs/${spare}/ack`, { offset: 0 })
    await caller.status('DELETE', `/v1/jobs/${spare}`)
    const cancelled = await untilEnded(caller, spare)
    await caller.status('DELETE', connection)
    const { data } = (await caller.json('GET', '/v1/jobs')) as { data: { jobId: number }[] }
    const outcome = {
      first: {
        status,
        attempts,
        messageCount,
        isWhole: log === countedLog(commits),
        isReadWhole: read === log,
        unasked,
      },
      schedule: [paused, nextRuns.length],
      sameJob: [repeated === jobId, joined === jobId],
      acknowledged,
      state,
      reset,
      removed: removed < 300,
      kept,
      cancelled: cancelled.status,
      connection: await caller.status('GET', connection),
      jobs: data.filter((job) => job.jobId >= jobId).length,
      queue: await service.queue.count(),
    }
    return { outcome, victim }
  }
  return { round }
}

/** Calls one API until it dies, and another one from then on; a call that breaks is made again. */
function createCaller(apiKey: string, healthyUrl: string, victimUrl: string | undefined) {
  let url = victimUrl ?? healthyUrl
  const authorization = `Bearer ${apiKey}`
  const call = async (method: string, path: string, body?: object, headers: Record<string, string> = {}) => {
    const request: RequestInit = {
      method,
      headers: { authorization, ...headers, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    }
    for (;;) {
      try {
        const response = await fetch(url + path, request)
        const text = await response.text()
        // A busy machine may look like an overloaded service.
        if (response.status !== 503) return { status: response.status, text }
      } catch (error) {
        if (url === healthyUrl) throw error
        url = healthyUrl
      }
    }
  }
  return {
    text: async (...request: Parameters<typeof call>) => (await call(...request)).text,
    status: async (...request: Parameters<typeof call>) => (await call(...request)).status,
    async json(...request: Parameters<typeof call>): Promise<unknown> {
      const { status, text } = await call(...request)
      if (status >= 300) throw new Error(`${request.slice(0, 2).join(' ')} answered ${status}: ${text}`)
      return JSON.parse(text)
    },
    /** Starts a job whose messages it follows, and leaves before there are any. @returns the job's id */
    async leaveLive(body: object): Promise<number> {
      const key = {
        'idempotency-key': randomUUID(),
        accept: 'application/x-ndjson',
        'content-type': 'application/json',
      }
      for (;;) {
        const leaving = new AbortController()
        try {
          const response = await fetch(`${url}/v1/jobs?grace=30`, {
            method: 'POST',
            body: JSON.stringify(body),
            headers: { authorization, ...key },
            signal: leaving.signal,
          })
          leaving.abort()
          if (response.status !== 503) return Number(response.headers.get('location')?.split('/').at(-1))
        } catch (error) {
          if (url === healthyUrl) throw error
          url = healthyUrl
        }
      }
    },
  }
}

interface EndedJob {
  status: string
  attempts: number
  messageCount: number
}

async function untilEnded(caller: ReturnType<typeof createCaller>, jobId: number): Promise<EndedJob> {
  for (let wait = 0; ; wait = 20) {
    const job = (await caller.json('GET', `/v1/jobs/${jobId}?wait=${wait}`)) as EndedJob
    if (['succeeded', 'failed', 'cancelled'].includes(job.status)) return job
  }
}
