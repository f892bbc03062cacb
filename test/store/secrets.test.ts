import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { inspect } from 'node:util'
import t from 'tap'
import { createBudget } from '../../src/intercom/budget/budget.ts'
import { createRedisBudgetStore } from '../../src/store/limits/redis-budget-store.ts'
import { createDeliveryStore } from '../../src/store/webhooks/delivery-store.ts'
import { onRealRedis, startRedis } from '../support/redis.ts'
import { allValues } from '../support/redis-values.ts'
import { beginAttempt, commitOf, openStore, syncRequest, tenant } from '../support/store.ts'

const canary = 'dG9rZW46Y2FuYXJ5LTc3N2Y0'
const workspace = 'workspace-canary-5c1e'
const message = 'a-message-only-its-reader-may-see'
const webhookKey = Buffer.from('the-key-of-a-webhook-and-its-canary').toString('base64')
/** Addresses of webhooks may be secrets, as Slack's are. */
const channel = 'T0CANARY/B0CANARY/of-a-channel'

/** The ways in which a text could be lying about. */
const disguises = (text: string) => [
  text,
  Buffer.from(text).toString('base64').slice(0, 28),
  Buffer.from(text).toString('hex'),
  encodeURIComponent(text),
]

t.test('neither the request nor a message is anywhere in Redis in clear', onRealRedis, async (t) => {
  const server = await startRedis(t)
  const store = openStore(server)
  const dump = async () => {
    await store.redis.save()
    const file = await readFile(join(server.directory, 'dump.rdb'), 'latin1')
    return file + (await allValues(store.redis))
  }
  const { jobId } = await store.jobs.create({ tenant, request: syncRequest(canary) })
  const { config, catalog } = syncRequest(canary)
  const webhooks = [
    {
      url: `https://hooks.example/${channel}`,
      secret: `whsec_${webhookKey}`,
      format: 'standard' as const,
      events: ['job.failed'],
    },
  ]
  await store.connections.change(tenant, 'main', async () => ({ settings: { config, catalog }, webhooks }))
  const deliveries = createDeliveryStore({ ...store, createId: randomUUID, wake: async () => undefined })
  t.match(await deliveries.test(tenant, 'main'), [{ url: `https://hooks.example/${channel}` }])
  const pending = await dump()
  const attempt = await beginAttempt(store, { jobId, fence: 1, attemptId: 'a' })
  t.equal(attempt.openRequest().config.access_token, canary)
  const body = Buffer.from(`{"type":"LOG","log":{"level":"INFO","message":"${message}"}}\n`)
  await store.attempts.commit(attempt, '1-1', { ...commitOf(1, 1), body, messageCount: 1, checkpoints: [] })
  const budget = createBudget({
    clock: store.clock,
    random: Math.random,
    store: createRedisBudgetStore({ ...store, createId: randomUUID }),
    accessToken: canary,
    member: 'a',
  })
  budget.joinWorkspace(workspace)
  ;(await budget.take(new AbortController().signal)).end({ kind: 'answered' })
  const running = await dump()
  budget.close()
  await store.attempts.end(jobId, 1, { status: 'succeeded' })
  const ended = await dump()

  t.match(pending, /:request/, 'the dump shows what there is')
  t.match(pending, /settings/)
  t.match(pending, /webhooks/)
  t.match(pending, /msg_/)
  t.match(running, /budget/)
  t.equal((await store.connections.read(tenant, 'main')).settings?.config.access_token, canary)
  for (const [when, text] of Object.entries({ pending, running, ended })) {
    for (const secret of [canary, workspace, message, webhookKey, channel].flatMap(disguises)) {
      t.notOk(text.includes(secret), `${when}: no ${secret}`)
    }
  }
  t.notMatch(await store.redis.keys('*'), [/:request/])
  t.notOk(
    inspect(store.keys, { depth: 9, showHidden: true }).includes(store.keys[0]?.key.export().toString('hex') ?? ''),
  )
})
