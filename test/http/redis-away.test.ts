import t, { type Test } from 'tap'
import { untilReady } from '../../src/redis/redis.ts'
import { startApp, type TestApp } from '../support/app.ts'
import { afterTwoCommands } from '../support/hanging-redis.ts'
import { jobKey } from '../support/keys.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { startRedis } from '../support/redis.ts'
import { countLines, openStream } from './stream-client.ts'

const body = JSON.stringify({ config: { access_token: 'token-of-a-test' }, streams: ['tags'] })
const json = { 'content-type': 'application/json' }
const ndjson = { ...json, accept: 'application/x-ndjson' }

const callsTo = (jobId: number): [path: string, options?: RequestInit][] => [
  ['/v1/jobs', { method: 'POST', headers: json, body }],
  ['/v1/jobs', { method: 'POST', headers: ndjson, body }],
  [`/v1/jobs/${jobId}`],
  [`/v1/jobs/${jobId}?wait=60`],
  [`/v1/jobs/${jobId}`, { method: 'DELETE' }],
  [`/v1/jobs/${jobId}/messages`],
  [`/v1/jobs/${jobId}/messages?after=1&follow=false`],
  ['/health/ready'],
]

async function checkRefusal(t: Test, api: TestApp, path: string, options?: RequestInit): Promise<void> {
  const response = await api.fetch(path, options)
  t.equal(response.status, 503, `${options?.method ?? 'GET'} ${path}`)
  t.equal(response.headers.get('retry-after'), '5')
  t.match(await response.json(), { code: 'store_unavailable', requestId: /./ })
}

async function checkLive(t: Test, api: TestApp): Promise<void> {
  const live = await api.fetch('/health/live')
  t.equal(live.status, 200)
  await live.text()
}

t.test('while Redis is gone every call that needs it is refused within a second', async (t) => {
  const server = await startRedis(t)
  const api = await startApp(t, server)
  const jobId = await api.createJob()
  await server.kill()
  for (const [path, options] of callsTo(jobId)) {
    const asked = performance.now()
    await checkRefusal(t, api, path, options)
    t.ok(performance.now() - asked < 1000, path)
  }
  await checkLive(t, api)
})

t.test('while Redis hangs every call that needs it is refused after one command, less than a second', async (t) => {
  const server = await startRedis(t)
  const api = await startApp(t, server)
  const jobId = await api.createJob()
  const redis = server.connect('failFast')
  await untilReady(redis, AbortSignal.timeout(5000))
  t.ok((redis.options.commandTimeout ?? Infinity) < 1000)
  server.process.kill('SIGSTOP')
  for (const [path, options] of callsTo(jobId)) {
    const refused = checkRefusal(t, api, path, options).then(() => 'refused')
    t.equal(await Promise.race([refused, afterTwoCommands(redis)]), 'refused', path)
  }
  await checkLive(t, api)
  server.process.kill('SIGCONT')
})

t.test('a wait for a change is given up when Redis goes', async (t) => {
  const server = await startRedis(t)
  const clock = createManualClock()
  const api = await startApp(t, server, { clock })
  const jobId = await api.createJob()
  const waiting = api.fetch(`/v1/jobs/${jobId}?wait=60`)
  await clock.untilAsleep(50_000)
  await server.kill()
  const response = await waiting
  t.equal(response.status, 503)
  t.match(await response.json(), { code: 'store_unavailable' })
})

t.test('a reader is cut after a whole line when Redis goes', async (t) => {
  const server = await startRedis(t)
  const api = await startApp(t, server)
  const jobId = await api.createJob()
  await (await api.work(jobId)).commit(3)
  const reader = await openStream(`${api.url}/v1/jobs/${jobId}/messages`)
  await reader.until((text) => countLines(text) === 4)
  await server.kill()
  t.equal(await reader.finished, 'cut')
  t.ok(reader.text().endsWith('\n'))
  t.equal(countLines(reader.text()), 4)
})

t.test('a reader of a Redis that hangs is cut, and its job waits for it when Redis is back', async (t) => {
  const server = await startRedis(t)
  const clock = createManualClock()
  const api = await startApp(t, server, { clock })
  const live = await openStream(`${api.url}/v1/jobs`, { method: 'POST', headers: ndjson, body })
  const jobId = Number(live.headers.location?.split('/').at(-1))
  await clock.untilAsleep(10_000)
  server.process.kill('SIGSTOP')
  clock.advance(10_000)
  t.equal(await live.finished, 'cut')
  t.equal(live.text(), '')
  await clock.untilAsleep(1000)
  server.process.kill('SIGCONT')
  const watcher = server.connect()
  const awaitedUntil = async () => Number(await watcher.hget(jobKey(jobId, 'record'), 'readersUntil'))
  while ((await awaitedUntil()) < Date.now() + 100_000) {
    clock.advance(1000)
    await watcher.ping()
  }
  t.equal((await api.store.jobs.read('default', jobId)).status, 'pending')
})

t.test('a job that Redis loses while it is started is to be started again', async (t) => {
  const server = await startRedis(t)
  const redis = server.connect()
  const lose = async (jobId: number) => void (await redis.del(jobKey(jobId, 'record')))
  const before = await startApp(t, server, { enqueue: lose })
  const after = await startApp(t, server, {
    wrapMessages: (messages) => ({
      ...messages,
      async read(jobId, ...rest) {
        await lose(jobId)
        return messages.read(jobId, ...rest)
      },
    }),
  })
  for (const [api, headers] of [
    [before, json],
    [before, ndjson],
    [after, ndjson],
  ] as const) {
    const answer = await api.fetch('/v1/jobs', { method: 'POST', headers, body })
    const problem = { code: 'store_unavailable', detail: /send the request again/ }
    t.match({ status: answer.status, body: await answer.json() }, { status: 503, body: problem })
  }
})
