import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { JobBody } from '../src/http/bodies/schemas.ts'
import type { Problem } from '../src/http/requests/problem.ts'
import { listenSimulator } from './support/listening-simulator.ts'
import { runCompiled } from './support/processes.ts'

interface Line {
  level: number
  msg: string
  requestId?: string
  [member: string]: unknown
}

const json = { 'content-type': 'application/json' }

/** A service as it is started by people, and what it has logged. */
async function startService(t: Test, logLevel: string) {
  const intercom = await listenSimulator(t, { contacts: 30, companies: 0, conversations: 0 })
  const dataDir = await mkdtemp(join(tmpdir(), 'intercom-sync-log-'))
  t.teardown(() => rm(dataDir, { recursive: true, force: true }))
  const environment = { PORT: '0', DATA_DIR: dataDir, INTERCOM_BASE_URL: intercom.url, LOG_LEVEL: logLevel }
  const service = runCompiled(t, 'test/support/serve-process.js', [], environment)
  const url = (await service.untilLine(/^intercom-sync listens on/)).split(' ').at(-1) ?? ''
  const post = (path: string, body: object) =>
    fetch(url + path, { method: 'POST', headers: json, body: JSON.stringify(body) })
  return {
    intercom,
    url,
    post,
    /** Ends the service. @returns the lines of its log */
    async end(): Promise<Line[]> {
      await service.end('SIGTERM')
      const lines = service.stderr().split('\n')
      return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Line)
    },
    /** Runs a job to its end. */
    async sync(streams: string[], access_token = 'simulator-token'): Promise<JobBody> {
      const { jobId } = (await (await post('/v1/jobs', { config: { access_token }, streams })).json()) as JobBody
      for (;;) {
        const job = (await (await fetch(`${url}/v1/jobs/${jobId}?wait=60`)).json()) as JobBody
        if (job.status === 'succeeded' || job.status === 'failed') return job
      }
    },
  }
}

t.test('the log says when jobs begin and how they end, and nothing about each request', async (t) => {
  const { sync, end } = await startService(t, 'info')
  const job = await sync(['contacts', 'tags'])
  const failed = await sync(['contacts'], 'revoked-token')
  t.match(failed, { status: 'failed', failure: { code: 'token_invalid' } })
  const lines = await end()
  const of = (jobId: number) => lines.filter((line) => line.jobId === jobId)
  t.match(of(job.jobId), [
    { level: 30, msg: 'job started', attempt: 1, attempts: 1 },
    {
      level: 30,
      msg: 'job ended',
      status: 'succeeded',
      rows: job.rowsSynced,
      seconds: Number,
      requests: Number,
      rateLimitSeconds: Number,
      attempts: 1,
    },
  ])
  const requests = Number(of(job.jobId).at(-1)?.requests)
  t.ok(requests > 3, `${requests} requests to Intercom`)
  t.match(of(failed.jobId).at(-1), { level: 40, msg: 'job ended', status: 'failed', code: 'token_invalid' })
  t.notOk(lines.some(({ requestId }) => requestId !== undefined))
  t.notMatch(JSON.stringify(lines), /reqId|revoked-token|simulator-token/)
})

t.test('at debug each request is logged, without its query; its id has one name everywhere', async (t) => {
  const { url, intercom, post, sync, end } = await startService(t, 'debug')
  await sync(['tags'])
  await fetch(`${url}/v1/jobs?limit=1&connectionId=secret-of-a-query`)
  await fetch(`${url}/v1/nothing?limit=secret-of-a-query`)
  await intercom.app.close()
  const failed = await post('/v1/check?x=secret-of-a-query', { config: { access_token: 'simulator-token' } })
  t.equal(failed.status, 400, 'no such parameter')
  const unavailable = await post('/v1/check', { config: { access_token: 'simulator-token' } })
  const { requestId } = (await unavailable.json()) as Problem
  t.equal(unavailable.status, 503)
  const lines = await end()
  const requests = lines.filter(({ msg }) => msg === 'request')
  t.match(
    requests.filter(({ path }) => path === '/v1/jobs' || path === '/v1/nothing'),
    [
      { level: 20, method: 'POST', path: '/v1/jobs', status: 202, requestId: String },
      { level: 20, method: 'GET', path: '/v1/jobs', status: 200, ms: Number },
      { level: 20, method: 'GET', path: '/v1/nothing', status: 404 },
    ],
  )
  t.match(
    lines.filter((line) => line.requestId === requestId),
    [
      { level: 40, msg: 'request failed', method: 'POST', path: '/v1/check', code: 'intercom_unavailable' },
      { level: 20, msg: 'request', status: 503 },
    ],
  )
  t.ok(lines.some(({ msg, path }) => msg === 'asked Intercom' && path === '/tags'))
  t.notMatch(JSON.stringify(lines), /reqId|secret-of-a-query|simulator-token/)
})
