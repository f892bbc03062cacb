import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { buildSimulator } from '../simulator/app.ts'
import { scrape } from './support/metrics.ts'
import { runCompiled, type Teardown, type TestProcess } from './support/processes.ts'

const token = 'token-canary'

async function setUp(t: Teardown) {
  const simulator = buildSimulator({ contacts: 300, accessTokens: { [token]: [] } })
  const baseUrl = await simulator.app.listen({ port: 0, host: '127.0.0.1' })
  const dataDir = await mkdtemp(join(tmpdir(), 'intercom-sync-data-'))
  t.teardown(async () => {
    await simulator.app.close()
    await rm(dataDir, { recursive: true, force: true })
  })
  const start = (args: string[], environment: Record<string, string> = {}) => {
    const settings = { PORT: '0', DATA_DIR: dataDir, INTERCOM_BASE_URL: baseUrl, ...environment }
    return runCompiled(t, 'test/support/serve-process.js', args, settings)
  }
  return { simulator, start }
}

async function apiAddress(process: TestProcess): Promise<string> {
  return (await process.untilLine(/^intercom-sync listens on/)).split(' ').at(-1) ?? ''
}

async function metricsAddress(process: TestProcess): Promise<string> {
  const { address } = JSON.parse(await process.untilLine(/metrics and health are answered/)) as { address: string }
  return address
}

const headers = { 'content-type': 'application/json' }

async function putConnection(url: string, streams: string[], connectionId: string): Promise<void> {
  const body = JSON.stringify({ config: { access_token: token }, streams })
  await fetch(`${url}/v1/connections/${connectionId}`, { method: 'PUT', headers, body })
}

async function sync(url: string, connectionId: string) {
  const job = JSON.stringify({ connectionId })
  const started = await fetch(`${url}/v1/jobs`, { method: 'POST', headers, body: job })
  const path = started.headers.get('location')
  await (await fetch(`${url}${path}/messages`)).arrayBuffer()
  return (await (await fetch(`${url}${path}`)).json()) as {
    status: string
    rowsSynced: number
    bytesSynced: number
    attempts: number
  }
}

t.test('a sync is counted as what it was: records, bytes, requests to Intercom, its end', async (t) => {
  const { simulator, start } = await setUp(t)
  const url = await apiAddress(start([]))
  const before = await scrape(url)
  t.equal(before.get('intercom_sync_records_total'), 0)
  t.equal(before.get('intercom_sync_attempts_started_total'), 0)
  await putConnection(url, ['contacts', 'tags'], 'connection-canary')
  simulator.faults.next([{ status: 500 }, { status: 429 }])
  const job = await sync(url, 'connection-canary')
  t.match(job, { status: 'succeeded', attempts: 1 })

  const after = await scrape(url)
  t.equal(after.get('intercom_sync_records_total'), job.rowsSynced)
  // The closing lines that end a job are no commit of the sync.
  t.ok(Number(after.get('intercom_sync_message_bytes_total')) > job.rowsSynced * 100)
  t.ok(Number(after.get('intercom_sync_message_bytes_total')) <= job.bytesSynced)
  t.ok(Number(after.get('intercom_sync_commits_total')) > 0)
  t.equal(after.get('intercom_sync_attempts_started_total'), 1)
  t.equal(after.get('intercom_sync_attempts_ended_total{outcome="ended"}'), 1)
  t.equal(after.get('intercom_sync_attempts_running'), 0)
  t.equal(after.get('intercom_sync_jobs_ended_total{status="succeeded",code=""}'), 1)
  const requests = (outcome: string) => after.get(`intercom_sync_intercom_request_seconds_count{outcome="${outcome}"}`)
  t.equal(requests('5xx'), 1)
  t.equal(requests('429'), 1)
  t.ok(Number(requests('2xx')) >= 3)
  t.equal(after.get('intercom_sync_intercom_retries_total'), 2)
  t.ok(Number(after.get('intercom_sync_intercom_wait_seconds_total')) > 0.5, 'the refused request waits for the window')
  t.ok(after.has('nodejs_eventloop_lag_seconds'))
  t.notMatch(await (await fetch(`${url}/metrics`)).text(), /canary/)
})

t.test('a worker alone answers for itself on METRICS_PORT, and the API no longer shows metrics', async (t) => {
  const { start } = await setUp(t)
  const environment = { METRICS_PORT: '0' }
  const api = start(['--api'], environment)
  const url = await apiAddress(api)
  const worker = start(['--worker'], environment)
  const workerUrl = await metricsAddress(worker)
  await worker.untilLine(/worker started/)
  await putConnection(url, ['tags'], 'connection-canary')
  const job = await sync(url, 'connection-canary')

  const ofWorker = await scrape(workerUrl)
  t.equal(ofWorker.get('intercom_sync_records_total'), job.rowsSynced)
  t.equal(ofWorker.get('intercom_sync_worker_concurrency'), 10)
  t.equal(ofWorker.get('intercom_sync_jobs{status="running"}'), 0)
  const reconciled = Number(ofWorker.get('intercom_sync_last_reconciled_timestamp_seconds'))
  t.ok(Math.abs(reconciled - Date.now() / 1000) < 60)
  const ofApi = await scrape(await metricsAddress(api))
  t.equal(ofApi.get('intercom_sync_records_total'), 0)
  t.equal(ofApi.get('intercom_sync_worker_concurrency'), 0)
  t.equal((await fetch(`${url}/metrics`)).status, 404)

  t.equal((await fetch(`${workerUrl}/v1/jobs`)).status, 404)
  for (const path of ['live', 'ready']) t.equal((await fetch(`${workerUrl}/health/${path}`)).status, 200, path)
  // The Redis is the API's own and goes with it.
  await api.end('SIGKILL')
  await worker.untilLine(/queue or Redis/)
  t.equal((await fetch(`${workerUrl}/health/ready`)).status, 503)
  t.equal((await fetch(`${workerUrl}/health/live`)).status, 200)
  t.equal((await scrape(workerUrl)).get('intercom_sync_redis_up'), 0)
})

t.test('a metrics port that is taken is told', async (t) => {
  const { start } = await setUp(t)
  const first = start([], { METRICS_PORT: '0' })
  const { port } = new URL(await metricsAddress(first))
  await apiAddress(first)
  const second = start(['--worker'], { METRICS_PORT: port })
  t.equal(await second.exited, 1)
  t.match(second.stderr(), /EADDRINUSE/)
  t.equal(await first.end('SIGTERM'), 0)
})
