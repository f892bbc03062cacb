import { existsSync, readdirSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { defaultToken } from '../../simulator/options.ts'
import { limitedTokens } from '../support/limited-tokens.ts'
import { listenSimulator } from '../support/listening-simulator.ts'
import { scrape } from '../support/metrics.ts'
import { untilHolds } from '../support/polling.ts'
import { runCompiled, type TestProcess } from '../support/processes.ts'
import { provideRedis, serveOnRedis } from '../support/provided-redis.ts'
import { onRealRedis } from '../support/redis.ts'
import { withTools } from '../support/tools.ts'
import { answerWith, startReceiver } from '../support/webhooks.ts'
import { readAlertRules, samplesOf, toldAlerts } from './alert-rules.ts'
import type { Scrape } from './scrape.ts'

const libraries = existsSync('/usr/lib') ? readdirSync('/usr/lib').map((name) => `/usr/lib/${name}/faketime`) : []
const library = libraries.map((folder) => `${folder}/libfaketime.so.1`).find(existsSync)
const options = { skip: withTools('faketime').skip || onRealRedis.skip }
const minute = 60
const hour = 60 * minute
const logLimit = 1024 * 1024
const contacts = 12_000

/** An API and a worker whose clocks a test puts forward, and what Prometheus has of them. */
async function startWatched(t: Test) {
  const folder = t.testdir()
  const offsetFile = join(folder, 'offset')
  let offset = 0
  const leap = async (seconds: number) => {
    offset += seconds
    await writeFile(offsetFile, `+${offset}`)
  }
  await leap(0)
  const redis = await provideRedis(t)
  const intercom = await listenSimulator(t, { contacts, accessTokens: limitedTokens })
  const environment = {
    REDIS_URL: `redis://127.0.0.1:${redis.port}`,
    INTERCOM_BASE_URL: intercom.url,
    METRICS_PORT: '0',
    WEBHOOK_ALLOW: '127.0.0.1',
    LOG_LIMIT_BYTES: String(logLimit),
    LD_PRELOAD: library ?? '',
    FAKETIME_TIMESTAMP_FILE: offsetFile,
    FAKETIME_NO_CACHE: '1',
    // Node would hang.
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
  }
  const api = await serveOnRedis(t, environment, ['--api'])
  const worker = runCompiled(t, 'test/support/serve-process.js', ['--worker'], {
    ...environment,
    API_KEYS: `default:${'k'.repeat(24)}`,
    ENCRYPTION_KEYS: `test:${Buffer.alloc(32).toString('base64')}`,
    DATA_DIR: join(folder, 'worker'),
  })
  const scraped = new Map<string, string>()
  const metricsOf = async (process: TestProcess) =>
    (JSON.parse(await process.untilLine(/metrics and health are answered/)) as { address: string }).address
  scraped.set('api', await metricsOf(api.process))
  scraped.set('worker', await metricsOf(worker))

  const rules = readAlertRules((text) => text.replace('268435456', String(logLimit)))
  const history: Scrape[] = []
  const now = () => Math.round(Date.now() / 1000) + offset
  /** A worker looks at all jobs every ten seconds of the machine's; until then it seems to stand still after a leap. */
  const untilReconciled = () =>
    untilHolds(async () => {
      const figures = await scrape(scraped.get('worker') ?? '')
      return now() - (figures.get('intercom_sync_last_reconciled_timestamp_seconds') ?? 0) < minute
    })
  /** Looks as Prometheus does, a second later than before. @returns the alerts that are told now */
  const look = async () => {
    await leap(1)
    const texts = await Promise.all(
      [...scraped].map(async ([instance, address]) => {
        const answer = await fetch(`${address}/metrics`).catch(() => undefined)
        return samplesOf(instance, (await answer?.text()) ?? '')
      }),
    )
    history.push({ at: now(), samples: texts.flat() })
    return toldAlerts(rules, history)
  }
  return { redis, intercom, api, worker, leap, look, untilReconciled, names: rules.map(({ name }) => name) }
}

t.test('alerts of docs/operations.md are told when they should be, and at no other time', options, async (t) => {
  const { redis, intercom, api, worker, leap, look, untilReconciled, names } = await startWatched(t)
  const receiver = await startReceiver(t)
  const told = new Set<string>()
  let isWorking = true
  /** Puts the clocks forward and looks each time. */
  const lookOn = async (...waits: number[]) => {
    let alerts: string[] = []
    for (const seconds of [0, ...waits]) {
      await leap(seconds)
      alerts = await look()
      if (!isWorking) continue
      await untilReconciled()
      alerts = await look()
    }
    for (const name of alerts) told.add(name)
    return alerts.toSorted()
  }
  const put = (id: string, settings: object) =>
    api.call(`/v1/connections/${id}?validate=false`, {
      method: 'PUT',
      body: {
        config: { access_token: defaultToken },
        streams: ['tags'],
        ack: 'on_success',
        schedule: { type: 'interval', every: 'PT12H' },
        ...settings,
      },
    })
  const start = (connectionId: string) => api.call<{ jobId: number }>('/v1/jobs', { body: { connectionId } })
  const statusOf = async (jobId: number) => (await api.call<{ status: string }>(`/v1/jobs/${jobId}`)).status
  const run = async (connectionId: string) => {
    const { jobId } = await start(connectionId)
    await untilHolds(async () => /succeeded|failed/.test(await statusOf(jobId)))
  }

  await lookOn()
  await put('well', { webhooks: [{ url: receiver.url }] })
  await run('well')
  await untilHolds(() => receiver.received.length === 1)
  t.same(await lookOn(20 * minute), [], 'all is well')
  await leap(12 * hour)
  await untilHolds(() => receiver.received.length === 2)
  t.same(await lookOn(20 * minute), [], 'so it is after a job of the schedule')

  await put('failing', { config: { access_token: 'token-without-tags' }, webhooks: [{ url: receiver.url }] })
  await run('failing')
  t.same(await lookOn(minute), ['JobsFail'], 'at the first failure')
  receiver.answers.push(answerWith(410))
  for (let more = 0; more < 4; more++) await run('failing')
  await untilHolds(() => receiver.answers.length === 0)
  t.same(await lookOn(), ['ConnectionFails', 'JobsFail', 'WebhooksGivenUp'])
  await api.fetch('/v1/connections/failing', { method: 'DELETE' })
  t.same(await lookOn(hour, minute), [])

  for (let time = 0; time < 4; time++) {
    intercom.faults.next([{ status: 500 }, { status: 500 }])
    await run('well')
    await lookOn(5 * minute)
  }
  t.same(await lookOn(), ['IntercomFails'])
  t.same(await lookOn(11 * minute), [])

  await put('large', { streams: ['contacts'], ack: 'client' })
  const { jobId: large } = await start('large')
  await untilHolds(async () => (await look()).includes('LogNearlyFull'))
  t.same(await lookOn(), ['LogNearlyFull'])
  await api.fetch(`/v1/jobs/${large}`, { method: 'DELETE' })
  await untilHolds(async () => !(await look()).includes('LogNearlyFull'))
  t.same(await lookOn(), [])

  await put('silent', {})
  intercom.faults.next([{ match: { path: '/tags' }, repeat: 100, holdUntil: 'answered' }])
  const { jobId: silent } = await start('silent')
  await untilHolds(async () => (await statusOf(silent)) === 'running')
  t.same(await lookOn(8 * minute, 8 * minute), [], 'a silence of a quarter of an hour is not told yet')
  t.same(await lookOn(8 * minute, 8 * minute, 8 * minute), ['NothingComes'])
  intercom.faults.open('answered')
  await untilHolds(async () => (await statusOf(silent)) === 'succeeded')
  t.same(await lookOn(), [])

  const admin = redis.connect()
  await admin.config('SET', 'maxmemory', '48mb')
  t.same(await lookOn(6 * minute), [])
  const used = Number(/used_memory:(\d+)/.exec(await admin.info('memory'))?.[1])
  await admin.config('SET', 'maxmemory', String(Math.round(used * 1.1)))
  t.same(await lookOn(6 * minute), ['RedisNearlyFull'])
  await admin.config('SET', 'maxmemory', '1mb')
  t.same(await lookOn(2 * minute), ['RedisNearlyFull', 'RedisRefuses'])
  await admin.config('SET', 'maxmemory', '0')
  t.same(await lookOn(minute), [])

  isWorking = false
  await redis.endInOrder()
  t.same(await lookOn(3 * minute, 2 * minute), ['RedisAway', 'WorkerStuck'])
  await redis.restart()
  await untilHolds(async () => (await look()).length === 0)

  await worker.end('SIGKILL')
  await start('well')
  await api.fetch('/v1/connections/well/webhooks/test', { method: 'POST' })
  t.same(await lookOn(5 * minute), [], 'a worker that starts again is no reason')
  t.same(await lookOn(49 * hour, 31 * minute), ['ConnectionStale', 'NobodyWorks', 'SchedulesLate', 'WebhooksLate'])
  t.same(
    names.filter((name) => !told.has(name)),
    [],
    'each has been told',
  )
})
