import { randomUUID } from 'node:crypto'
import t from 'tap'
import { systemClock } from '../../src/clock.ts'
import { toJobBody } from '../../src/http/bodies/job-body.ts'
import { noProxies } from '../../src/network/proxies.ts'
import { createDeliveryQueue } from '../../src/queue/webhooks/delivery-queue.ts'
import { startDeliveryRole } from '../../src/queue/webhooks/delivery-role.ts'
import { createDeliveryStore } from '../../src/store/webhooks/delivery-store.ts'
import { tellMissedEnds } from '../../src/store/webhooks/missed-ends.ts'
import { connectDirectly } from '../../src/webhooks/connect.ts'
import type { Webhook } from '../../src/webhooks/webhook.ts'
import { untilHolds } from '../support/polling.ts'
import { startRedis } from '../support/redis.ts'
import { beginAttempt, openStore, tenant } from '../support/store.ts'
import { createTeller, loopbackReceivers, startReceiver } from '../support/webhooks.ts'

const server = await startRedis(t)
const store = openStore(server)
const settings = {
  config: { access_token: 'token' },
  catalog: { streams: [{ stream: { name: 'contacts', json_schema: {} }, sync_mode: 'incremental' as const }] },
}
const webhookAt = (url: string): Webhook => ({ url, format: 'slack', events: ['job.failed', 'connection.failing'] })
const put = (id: string, ...urls: string[]) =>
  store.connections.change(tenant, id, async () => ({ settings, webhooks: urls.map(webhookAt) }))

t.test('receivers that stay silent delay no other, and none gets two messages at a time', async (t) => {
  const [silent, alive] = [await startReceiver(t), await startReceiver(t)]
  let open = 0
  let mostOpen = 0
  const stay = () => {
    open++
    mostOpen = Math.max(mostOpen, open)
  }
  silent.answers.push(...Array.from({ length: 200 }, () => stay))
  const queue = createDeliveryQueue(store.redis, systemClock, () => undefined)
  const deliveries = createDeliveryStore({ ...store, createId: randomUUID, wake: queue.wake })
  for (let place = 0; place < 60; place++) {
    await put(`silent-${place}`, `${silent.url}/${place}`)
    await deliveries.test(tenant, `silent-${place}`)
    await deliveries.test(tenant, `silent-${place}`)
  }
  const role = startDeliveryRole({
    ...store,
    receivers: loopbackReceivers,
    connect: connectDirectly,
    proxies: noProxies,
    random: () => 0,
    createId: randomUUID,
    showJob: toJobBody,
    onError: (error) => t.fail(String(error)),
  })
  await untilHolds(() => open >= 10)
  await put('alive', alive.url, `${silent.url}/beside`)
  for (let time = 0; time < 5; time++) await deliveries.test(tenant, 'alive')
  await untilHolds(() => alive.received.length === 5)
  t.ok(mostOpen <= 10, `${mostOpen} requests to the silent host at a time`)
  const paths = silent.received.map(({ path }) => path)
  t.equal(new Set(paths).size, paths.length, 'each webhook one')
  t.match(
    (await deliveries.list(tenant, 'alive', { limit: 100, status: 'delivered' })).items.map(({ url }) => url),
    Array(5).fill(alive.url),
  )
  await role.end()
  await queue.close()
})

t.test('jobs that a worker of an earlier version has ended are told', async (t) => {
  const receiver = await startReceiver(t)
  const teller = createTeller(store)
  const { redis } = store
  const fail = async () => {
    const { generation } = await store.connections.readStart(tenant, 'older')
    const connection = { connectionId: 'older', generation, bodyDigest: 'same' }
    const { jobId } = await store.jobs.create({ tenant, request: { ...settings, states: {} }, connection })
    await beginAttempt(store, { jobId, fence: 1, attemptId: 'a' })
    await store.attempts.end(jobId, 1, { status: 'failed' })
    return jobId
  }
  const signal = new AbortController().signal
  await store.connections.put(tenant, 'older', settings)
  await fail()
  await put('older', receiver.url)
  // What such a worker leaves: all but the event, and the note that it was left.
  const recordKey = redis.keyspace.connection(tenant, 'older', 'record')
  const jobs: number[] = []
  for (let failures = 0; failures < 4; failures++) {
    const jobId = await fail()
    jobs.push(jobId)
    await redis.hdel(redis.keyspace.job(jobId, 'record'), 'told')
    await redis.hdel(recordKey, 'toldFailing')
    await redis.del(redis.keyspace.events)
  }
  await Promise.all([tellMissedEnds(redis, signal), tellMissedEnds(redis, signal)])
  await tellMissedEnds(redis, signal)
  await teller.tell()
  t.same(
    receiver.received.map(({ body }) => JSON.parse(body).text.replace(/ \(.*| 5 syncs.*/, '')).toSorted(),
    [...jobs.map((jobId) => `older: job ${jobId} failed`), 'older is failing:'].toSorted(),
  )
})
