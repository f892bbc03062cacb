import t from 'tap'
import type { DeliveryBody } from '../../src/http/webhooks/webhook-schemas.ts'
import { webhookPoints } from '../support/failpoint-list.ts'
import { armedWith } from '../support/failpoints.ts'
import { listenSimulator } from '../support/listening-simulator.ts'
import { untilHolds } from '../support/polling.ts'
import { runCompiled } from '../support/processes.ts'
import { provideRedis, serveOnRedis } from '../support/provided-redis.ts'
import { onRealRedis } from '../support/redis.ts'
import { answerWith, startReceiver } from '../support/webhooks.ts'

const config = { access_token: 'simulator-token' }

t.test('every event is told once, whoever dies: each step of a worker, an API, Redis', onRealRedis, async (t) => {
  const redis = await provideRedis(t, ['--appendonly', 'yes', '--appendfsync', 'always'])
  const intercom = await listenSimulator(t, { contacts: 5 })
  const receiver = await startReceiver(t)
  const environment = {
    REDIS_URL: `redis://127.0.0.1:${redis.port}`,
    INTERCOM_BASE_URL: intercom.url,
    WEBHOOK_ALLOW: '127.0.0.1',
  }
  const roles = { ...environment, API_KEYS: `default:${'k'.repeat(24)}`, DATA_DIR: t.testdir() }
  const keys = { ENCRYPTION_KEYS: `test:${Buffer.alloc(32).toString('base64')}` }
  const api = await serveOnRedis(t, environment, ['--api'])
  const startWorker = (armed = {}) =>
    runCompiled(t, 'test/support/serve-process.js', ['--worker'], { ...roles, ...keys, ...armed })
  const put = (id: string) =>
    api.call(`/v1/connections/${id}`, {
      method: 'PUT',
      body: { config, streams: ['contacts'], webhooks: [{ url: `${receiver.url}/${id}` }] },
    })

  const deaths = ['syncEnd', ...webhookPoints].flatMap((name) =>
    (['before', 'after'] as const).map((when) => ({ name, when })),
  )
  const ids: string[] = []
  for (const { name, when } of deaths) {
    const id = `${when}-${name}`
    ids.push(id)
    await put(id)
    const worker = startWorker(armedWith({ does: 'kill', when, name, hit: 1 }))
    await api.call('/v1/jobs', { body: { connectionId: id } })
    t.equal(await worker.exited, 'SIGKILL', id)
  }
  // Redis loses its processes and keeps its data; an API dies between making deliveries and having them tried.
  await put('restart')
  receiver.answers.push(...Array.from({ length: 3 }, () => answerWith(500)))
  const dying = await serveOnRedis(
    t,
    { ...environment, ...armedWith({ does: 'kill', when: 'before', name: 'deliveryWake', hit: 1 }) },
    ['--api'],
  )
  await put('api')
  await dying.fetch('/v1/connections/api/webhooks/test', { method: 'POST' }).catch(() => undefined)
  t.equal(await dying.process.exited, 'SIGKILL')
  await redis.kill()
  await redis.restart()
  await untilHolds(async () => (await api.fetch('/health/ready')).status === 200)

  const worker = startWorker()
  await api.call('/v1/jobs', { body: { connectionId: 'restart' } })
  const listOf = async (id: string) =>
    (await api.call<{ data: DeliveryBody[] }>(`/v1/connections/${id}/deliveries`)).data
  const expected = new Map(
    [...ids, 'restart'].map((id) => [id, 'job.succeeded']).concat([['api', 'webhook.test']]) as [string, string][],
  )
  for (const [id, event] of expected) {
    await untilHolds(async () => (await listOf(id)).some(({ status }) => status === 'delivered'))
    t.match(await listOf(id), [{ event, status: 'delivered' }], id)
    t.equal((await listOf(id)).length, 1, id)
    const told = receiver.received.filter(({ path }) => path.endsWith(`/${id}`))
    t.equal(new Set(told.map(({ headers }) => headers['webhook-id'])).size, 1, id)
    t.ok(told.length <= 4, `${id}: ${told.length} times`)
    t.match(
      told.map(({ body }) => JSON.parse(body)),
      told.map(() => ({ type: event, data: { connectionId: id } })),
    )
  }
  t.equal(await worker.end('SIGTERM'), 0)
  t.notMatch(worker.stderr(), receiver.url, 'the log names no address')
})
