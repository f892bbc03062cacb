import t, { type Test } from 'tap'
import { createMetrics } from '../../src/metrics.ts'
import { collectFigures } from '../../src/queue/figures.ts'
import { createSyncQueue } from '../../src/queue/sync-queue.ts'
import { untilReady } from '../../src/redis/redis.ts'
import { digestKey } from '../../src/store/secrets/api-key.ts'
import { startApp } from '../support/app.ts'
import { afterTwoCommands } from '../support/hanging-redis.ts'
import { jobKey } from '../support/keys.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { scrape } from '../support/metrics.ts'
import { onRealRedis, startRedis } from '../support/redis.ts'
import { openStream } from './stream-client.ts'

/** An API that tells of its Redis, as in the service. */
async function startMeasuredApp(t: Test, options: Parameters<typeof startApp>[2] = {}) {
  const server = await startRedis(t)
  const redis = server.connect('failFast')
  await untilReady(redis, AbortSignal.timeout(5000))
  const metrics = createMetrics()
  const clock = createManualClock()
  const queue = createSyncQueue(redis, () => undefined)
  t.teardown(() => queue.close())
  collectFigures({ metrics, redis, queue, clock })
  const api = await startApp(t, server, { clock, metrics, ...options })
  return { server, redis, clock, queue, api }
}

t.test('a scrape tells of the jobs that have not ended, the queue, and the memory of Redis', onRealRedis, async (t) => {
  const { redis, clock, queue, api } = await startMeasuredApp(t)
  const before = await scrape(api.url)
  for (const status of ['pending', 'running', 'incomplete']) {
    t.equal(before.get(`intercom_sync_jobs{status="${status}"}`), 0, status)
  }
  t.equal(before.get('intercom_sync_oldest_pending_job_age_seconds'), 0)

  const first = await api.createJob()
  clock.advance(90_000)
  const second = await api.createJob()
  const third = await api.createJob()
  await queue.enqueue(second)
  await (await api.work(second)).commit(3)
  const worker = await api.work(third)
  await worker.commit(30)
  const bytes = async (jobId: number) => Number(await redis.hget(jobKey(jobId, 'record'), 'blobBytes'))
  const during = await scrape(api.url)
  t.equal(during.get('intercom_sync_redis_up'), 1)
  t.equal(during.get('intercom_sync_jobs{status="pending"}'), 1)
  t.equal(during.get('intercom_sync_jobs{status="running"}'), 2)
  t.equal(during.get('intercom_sync_oldest_pending_job_age_seconds'), 90)
  t.ok((await bytes(third)) > (await bytes(second)))
  t.equal(during.get('intercom_sync_unended_log_bytes'), (await bytes(second)) + (await bytes(third)))
  t.equal(during.get('intercom_sync_largest_unended_log_bytes'), await bytes(third))
  t.equal(during.get('intercom_sync_queue_jobs{state="waiting"}'), 1)
  t.equal(during.get('intercom_sync_queue_jobs{state="active"}'), 0)
  t.ok(Number(during.get('intercom_sync_redis_memory_used_bytes')) > 100_000)
  t.equal(during.get('intercom_sync_redis_memory_max_bytes'), 0)

  await worker.end()
  await api.jobs.cancel('default', first)
  const after = await scrape(api.url)
  t.equal(after.get('intercom_sync_jobs{status="pending"}'), 0)
  t.equal(after.get('intercom_sync_jobs{status="running"}'), 1)
  t.equal(after.get('intercom_sync_largest_unended_log_bytes'), await bytes(second))
})

t.test('while Redis is away a scrape tells of the process alone, and soon', async (t) => {
  const { server, redis, api } = await startMeasuredApp(t)
  await api.createJob()
  const ofRedis = (samples: Map<string, number>) =>
    [...samples.keys()].filter((name) => /redis_memory|sync_jobs|pending|log_bytes|queue/.test(name))
  t.equal(ofRedis(await scrape(api.url)).length, 14)

  server.process.kill('SIGSTOP')
  const hanging = await Promise.race([scrape(api.url), afterTwoCommands(redis)])
  if (hanging === 'too late') throw new Error('the scrape waited for more than one command')
  t.equal(hanging.get('intercom_sync_redis_up'), 0)
  t.same(ofRedis(hanging), [])

  server.process.kill('SIGCONT')
  await server.kill()
  const asked = performance.now()
  const gone = await scrape(api.url)
  t.ok(performance.now() - asked < 2000)
  t.equal(gone.get('intercom_sync_redis_up'), 0)
  t.ok(gone.has('intercom_sync_open_message_streams'))

  await server.restart()
  await untilReady(redis, AbortSignal.timeout(10_000))
  t.equal((await scrape(api.url)).get('intercom_sync_redis_up'), 1)
})

t.test('requests are counted by route and class, whatever stands in their paths', async (t) => {
  const { api } = await startMeasuredApp(t)
  const jobId = await api.createJob()
  for (const path of [
    `/v1/jobs/${jobId}`,
    '/v1/jobs/4711',
    '/secret-1/secret-2?secret-3',
    '/v1/connections/secret-4',
  ]) {
    await (await api.fetch(path)).text()
  }
  const text = await (await api.fetch('/metrics')).text()
  t.notMatch(text, /secret|4711/)
  const samples = await scrape(api.url)
  const count = (method: string, route: string, status: string) =>
    samples.get(`intercom_sync_http_requests_total{method="${method}",route="${route}",status="${status}"}`)
  t.equal(count('GET', '/v1/jobs/:jobId', '2xx'), 1)
  t.equal(count('GET', '/v1/jobs/:jobId', '4xx'), 1)
  t.equal(count('GET', '/v1/connections/:connectionId', '4xx'), 1)
  t.equal(count('GET', 'none', '4xx'), 1)
  t.equal(samples.get('intercom_sync_http_request_seconds_count{method="GET",route="/v1/jobs/:jobId"}'), 2)
})

t.test('a message stream is told while it is open, and is no slow request afterwards', async (t) => {
  const { api } = await startMeasuredApp(t)
  const jobId = await api.createJob()
  const worker = await api.work(jobId)
  await worker.commit(2)
  const reader = await openStream(`${api.url}/v1/jobs/${jobId}/messages`)
  await reader.until((text) => text.includes('\n'))
  t.equal((await scrape(api.url)).get('intercom_sync_open_message_streams'), 1)
  await worker.end()
  t.equal(await reader.finished, 'end')
  const after = await scrape(api.url)
  const route = 'method="GET",route="/v1/jobs/:jobId/messages"'
  t.equal(after.get('intercom_sync_open_message_streams'), 0)
  t.equal(after.get(`intercom_sync_http_requests_total{${route},status="2xx"}`), 1)
  t.notOk(after.has(`intercom_sync_http_request_seconds_count{${route}}`))
})

t.test('metrics need no key, and tell nothing of who has one', async (t) => {
  const { api } = await startMeasuredApp(t, { apiKeys: [{ tenant: 'tenant-canary', digest: digestKey('key-canary') }] })
  await api.createJob({ tenant: 'tenant-canary' })
  const headers = { authorization: 'Bearer key-canary', 'content-type': 'application/json' }
  const connection = JSON.stringify({ config: { access_token: 'token-canary' }, streams: ['tags'] })
  const put = { method: 'PUT', headers, body: connection }
  t.equal((await api.fetch('/v1/connections/connection-canary?validate=false', put)).status, 201)
  const response = await api.fetch('/metrics')
  t.equal(response.status, 200)
  t.match(response.headers.get('content-type'), /^text\/plain; version=0\.0\.4/)
  const text = await response.text()
  t.match(text, /intercom_sync_jobs\{status="pending"\} 1/)
  t.notMatch(text, /canary/)
})

t.test('metrics that have a port of their own are not answered by the API', async (t) => {
  const { api } = await startMeasuredApp(t, { metricsElsewhere: true })
  const response = await api.fetch('/metrics')
  t.equal(response.status, 404)
  t.match(await response.json(), { code: 'route_not_found' })
})
