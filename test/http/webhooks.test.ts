import { Webhook } from 'standardwebhooks'
import t from 'tap'
import type { ConnectionBody } from '../../src/http/bodies/connection-schemas.ts'
import type { Problem } from '../../src/http/requests/problem.ts'
import type { DeliveryBody } from '../../src/http/webhooks/webhook-schemas.ts'
import { handleDue } from '../../src/queue/due/handle-due.ts'
import { startApp } from '../support/app.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { startRedis } from '../support/redis.ts'
import { beginAttempt } from '../support/store.ts'
import { answerWith, createTeller, loopbackReceivers, startReceiver } from '../support/webhooks.ts'

const server = await startRedis(t)
const clock = createManualClock()
const api = await startApp(t, server, { clock, receivers: loopbackReceivers, limits: { requestsPerMinute: 100_000 } })
const receiver = await startReceiver(t)
const teller = createTeller(api.store)

const secret = `whsec_${Buffer.alloc(32, 'a secret of a test').toString('base64')}`
const mask = '**********'
const base = { config: { access_token: 'token-of-a-connection' }, streams: ['contacts'] }

/** No Intercom is there that could be asked about settings. */
const unchecked = (method: string, path: string) =>
  ['PUT', 'PATCH'].includes(method) || path.endsWith('/clone') ? `${path}?validate=false` : path
const ask = async (method: string, path: string, body?: object) => {
  const response = await api.fetch(`/v1/connections/${unchecked(method, path)}`, {
    method,
    ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  })
  const value = (await response.json()) as ConnectionBody &
    Problem &
    DeliveryBody & { data: DeliveryBody[]; next?: string }
  return { status: response.status, change: response.headers.get('connection-change'), value }
}
const list = async (id: string, query = '') => (await ask('GET', `${id}/deliveries${query}`)).value
/** A job of a connection, from its start to its end. */
const runJob = async (connectionId: string, status: 'succeeded' | 'failed' | 'cancelled' = 'succeeded') => {
  const { jobId } = (await (
    await api.fetch('/v1/jobs', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ connectionId }),
    })
  ).json()) as { jobId: number }
  if (status === 'cancelled') {
    await api.fetch(`/v1/jobs/${jobId}`, { method: 'DELETE' })
    return jobId
  }
  const worker = await api.work(jobId)
  await worker.commit(2, status === 'succeeded' ? 'COMPLETE' : 'RUNNING')
  await worker.end(status)
  return jobId
}
const bodies = () => receiver.received.map(({ body }) => JSON.parse(body))

t.beforeEach(() => {
  receiver.received.length = 0
  receiver.answers.length = 0
  teller.tried.length = 0
})

t.test('a secret that is left out is made, shown once, and stays', async (t) => {
  const put = await ask('PUT', 'made', { ...base, webhooks: [{ url: receiver.url }] })
  t.equal(put.status, 201)
  const [webhook] = put.value.webhooks ?? []
  t.match(webhook?.secret, /^whsec_[A-Za-z0-9+/]{43}=$/)
  t.match(webhook?.events, ['job.succeeded', 'job.failed', 'job.cancelled', 'connection.failing'])
  t.notOk(webhook?.events?.includes('schedule.skipped'))
  const { value } = await ask('GET', 'made')
  t.same(value.webhooks, [{ ...webhook, secret: mask }])
  t.equal((await ask('PUT', 'made', value)).change, 'unchanged', 'what GET gave goes back')
  const again = await ask('PUT', 'made', { ...base, webhooks: [{ url: receiver.url }] })
  t.match(again, { change: 'unchanged', value: { webhooks: [{ secret: mask }] } })
  t.match(await ask('PUT', 'made', base), { change: 'changed', value: { webhooks: undefined } })
})

t.test('a patch keeps them, a copy has them, and a difference shows no secret', async (t) => {
  const webhooks = [{ url: receiver.url, secret, events: ['job.failed'] }]
  await ask('PUT', 'whole', { ...base, webhooks })
  const patched = await ask('PATCH', 'whole', { ack: 'on_success' })
  t.match(patched, { status: 200, change: 'changed', value: { webhooks: [{ url: receiver.url, secret: mask }] } })
  t.equal((await ask('POST', 'whole/clone', { connectionId: 'copy' })).status, 201)
  for (const id of ['whole', 'copy']) {
    receiver.received.length = 0
    await runJob(id, 'failed')
    await teller.tell()
    t.equal(receiver.received.length, 1)
    for (const { headers, body } of receiver.received) {
      const signature = new Webhook(secret).sign(String(headers['webhook-id']), new Date(clock.now()), body)
      t.equal(headers['webhook-signature'], signature, `the secret of ${id} is the same`)
    }
  }
  const other = `whsec_${Buffer.alloc(32, 'another secret').toString('base64')}`
  const { value } = await ask('POST', 'whole/diff', {
    ...base,
    ack: 'on_success',
    webhooks: [{ ...webhooks[0], secret: other }],
  })
  const shown = { url: receiver.url, secret: mask, events: ['job.failed'] }
  t.same(value, { change: 'changed', changes: [{ pointer: '/webhooks/0', before: shown, after: shown }] })
  const replaced = await ask('PATCH', 'whole', { webhooks: [{ url: `${receiver.url}/2` }] })
  t.match(replaced.value.webhooks, [{ url: `${receiver.url}/2`, secret: /^whsec_/ }])
  t.equal((await ask('PATCH', 'whole', { webhooks: null })).value.webhooks, undefined)
})

t.test('what is wrong with webhooks is told with its place', async (t) => {
  const { url } = receiver
  const cases: [webhooks: object[], pointers: string[]][] = [
    [[{ url: 'https://10.0.0.1/hook' }], ['/webhooks/0/url']],
    [[{ url: 'http://example.com/hook' }], ['/webhooks/0/url']],
    [[{ url: 'ftp://example.com/hook' }], ['/webhooks/0/url']],
    [[{ url: 'https://user:password@example.com/' }], ['/webhooks/0/url']],
    [[{ url }, { url }], ['/webhooks/1/url']],
    [[{ url, secret: 'whsec_c2hvcnQ=' }], ['/webhooks/0/secret']],
    [[{ url, secret: 'secret' }], ['/webhooks/0/secret']],
    [[{ url, secret: mask }], ['/webhooks/0/secret']],
    [[{ url, events: ['job.started'] }], ['/webhooks/0/events/0']],
    [[{ url, events: [] }], ['/webhooks/0/events']],
    [[{ url, format: 'teams' }], ['/webhooks/0/format']],
    [Array.from({ length: 11 }, (_, place) => ({ url: `${url}/${place}` })), ['/webhooks']],
  ]
  for (const [webhooks, pointers] of cases) {
    const { status, value } = await ask('PUT', 'wrong', { ...base, webhooks })
    t.equal(status, 400)
    t.same(
      value.errors?.map(({ pointer }) => pointer),
      pointers,
      JSON.stringify(webhooks),
    )
    t.notMatch(JSON.stringify(value), '10.0.0.1')
  }
  t.equal((await ask('GET', 'wrong')).status, 404)
  const accepted = await ask('PUT', 'wrong', { ...base, webhooks: [{ url: 'https://not-known-yet.example/hook' }] })
  t.equal(accepted.status, 201, 'a name that nobody knows yet')
  await ask('DELETE', 'wrong')
})

t.test('every end of a job is told, with what came of it', async (t) => {
  await ask('PUT', 'told', { ...base, webhooks: [{ url: receiver.url, secret }] })
  const jobs = [await runJob('told'), await runJob('told', 'failed'), await runJob('told', 'cancelled')]
  await teller.tell()
  t.same(
    bodies().map(({ type, data }) => [type, data.job.jobId]),
    [
      ['job.succeeded', jobs[0]],
      ['job.failed', jobs[1]],
      ['job.cancelled', jobs[2]],
    ],
  )
  const [succeeded, failed] = bodies()
  const job = await (await api.fetch(`/v1/jobs/${jobs[0]}`)).json()
  t.same(succeeded, {
    type: 'job.succeeded',
    timestamp: new Date(clock.now()).toISOString(),
    data: {
      connectionId: 'told',
      job,
      completeness: { complete: true, incompleteStreams: [], skippedStreams: [] },
      link: `/v1/jobs/${jobs[0]}`,
    },
  })
  t.match(failed.data, { completeness: { complete: false, incompleteStreams: ['contacts'] } })
  const { data } = await list('told')
  t.match(
    data.map(({ event, status, attempts, lastStatusCode, url }) => [event, status, attempts, lastStatusCode, url]),
    ['job.cancelled', 'job.failed', 'job.succeeded'].map((event) => [event, 'delivered', 1, 204, receiver.url]),
  )
  t.same(data.map(({ deliveryId }) => deliveryId).reverse(), receiver.ids())
  await teller.tell()
  t.equal(receiver.received.length, 3, 'once')
  const page = await list('told', '?limit=2')
  t.same([...page.data, ...(await list('told', `?limit=2&cursor=${page.next}`)).data], data)
  t.same((await list('told', '?status=failed')).data, [])
})

t.test('failing and recovered are told when they begin, and only to whoever wants them', async (t) => {
  const other = await startReceiver(t)
  const webhooks = [
    { url: receiver.url, secret, events: ['connection.failing', 'connection.recovered'] },
    { url: other.url },
  ]
  await ask('PUT', 'health', { ...base, webhooks })
  for (let failures = 0; failures < 6; failures++) await runJob('health', 'failed')
  await runJob('health')
  await runJob('health')
  await teller.tell()
  t.match(bodies(), [
    { type: 'connection.failing', data: { consecutiveFailures: Number, job: { status: 'failed' } } },
    { type: 'connection.recovered', data: { job: { status: 'succeeded' } } },
  ])
  t.equal(bodies().length, 2)
  t.equal(other.received.length, 10)
})

t.test('that somebody has to sign in again is told once', async (t) => {
  await ask('PUT', 'refused', {
    ...base,
    webhooks: [{ url: receiver.url, secret, events: ['connection.needs_sign_in'] }],
  })
  const request = { method: 'POST', headers: { 'content-type': 'application/json' } }
  const started = await api.fetch('/v1/jobs', { ...request, body: JSON.stringify({ connectionId: 'refused' }) })
  const { jobId } = (await started.json()) as { jobId: number }
  const attempt = await beginAttempt(api.store, { jobId, fence: 1, attemptId: 'refused' })
  for (const isFirst of [true, false]) t.equal(await api.store.attempts.needSignIn(attempt), isFirst)
  await teller.tell()
  t.match(bodies(), [{ type: 'connection.needs_sign_in', data: { connectionId: 'refused' } }])
  t.equal(bodies().length, 1)
})

t.test('skipped due times are told to whoever names them', async (t) => {
  const webhooks = [{ url: receiver.url, secret, events: ['schedule.skipped'] }]
  await ask('PUT', 'skips', { ...base, webhooks, schedule: { type: 'interval', every: 'PT1H' } })
  const lookNow = () => handleDue({ ...api.store, clock, jobs: api.jobs }, { tenant: 'default', connectionId: 'skips' })
  clock.advance(3 * 3_600_000)
  await lookNow()
  clock.advance(3_600_000)
  await lookNow()
  await teller.tell()
  t.match(bodies(), [
    { type: 'schedule.skipped', data: { skipped: { kind: 'sync', reason: 'missed', count: 2 } } },
    { type: 'schedule.skipped', data: { skipped: { kind: 'sync', reason: 'busy', count: 1 } } },
  ])
  t.equal(bodies()[1].data.skipped.dueAt, new Date(clock.now()).toISOString())
})

t.test(
  'a sync that begins again because its messages are gone, and nobody had acknowledged them, is told once',
  async (t) => {
    const webhooks = [
      { url: receiver.url, secret, events: ['schedule.untaken'] },
      { url: `${receiver.url}/slack`, format: 'slack', events: ['schedule.untaken'] },
    ]
    await ask('PUT', 'untaken', { ...base, webhooks, schedule: { type: 'interval', every: 'PT1H' } })
    const jobId = await runJob('untaken')
    const lookLater = async () => {
      clock.advance(3_600_000)
      await handleDue({ ...api.store, clock, jobs: api.jobs }, { tenant: 'default', connectionId: 'untaken' })
      await teller.tell()
    }
    await lookLater()
    t.same(bodies(), [], 'its messages are waited for')
    await api.fetch(`/v1/jobs/${jobId}/messages`, { method: 'DELETE' })
    await lookLater()
    const next = (await ask('GET', 'untaken')).value.lastJob?.jobId
    t.not(next, jobId)
    const [told, inSlack] = bodies().toSorted((one) => (one.type ? -1 : 1))
    t.match(told, { type: 'schedule.untaken', data: { connectionId: 'untaken', job: { jobId: next } } })
    t.match(inSlack, { text: new RegExp(`nobody had acknowledged them. Job ${next} begins`) })
    await api.store.attempts.end(next ?? 0, 0, { status: 'cancelled' })
    await lookLater()
    t.equal(bodies().length, 2)
  },
)

t.test('a message is tried for a day, under one id, and then by hand', async (t) => {
  await ask('PUT', 'dead', { ...base, webhooks: [{ url: receiver.url, secret }] })
  await runJob('dead')
  const start = clock.now()
  const times: number[] = []
  for (;;) {
    receiver.answers.push(answerWith(500))
    await teller.tell()
    times.push(clock.now() - start)
    const [delivery] = (await list('dead')).data
    if (delivery?.status === 'failed') break
    t.match(delivery, { status: 'pending', attempts: times.length, lastStatusCode: 500, failure: 'answered 500' })
    clock.advance(Date.parse(delivery?.nextAttemptAt ?? '') - clock.now())
  }
  t.ok((times[1] ?? Infinity) <= 30_000, 'the first retry within 30 s')
  t.equal(times.at(-1), 24 * 3_600_000, 'the last one after a day')
  t.ok(times.length > 10)
  t.equal(new Set(receiver.ids()).size, 1)
  const [{ deliveryId = '' } = {}] = (await list('dead', '?status=failed')).data
  clock.advance(3_600_000)
  await teller.tell()
  t.equal(receiver.received.length, times.length, 'no more by itself')

  receiver.answers.push(answerWith(503))
  t.match(await ask('POST', `dead/deliveries/${deliveryId}/retry`), { status: 202, value: { status: 'pending' } })
  await teller.tell()
  t.match((await list('dead')).data, [{ status: 'pending', lastStatusCode: 503 }], 'and is tried for a day once more')
  clock.advance(10_000)
  await teller.tell()
  t.match((await list('dead')).data, [{ status: 'delivered', attempts: times.length + 2 }])
  await ask('POST', `dead/deliveries/${deliveryId}/retry`)
  await teller.tell()
  t.equal(receiver.received.length, times.length + 3, 'what is delivered can be sent again')
  t.equal(new Set(receiver.ids()).size, 1)
  t.equal(new Set(receiver.received.map(({ body }) => body)).size, 1)
  t.match(await ask('POST', 'dead/deliveries/msg_unknown/retry'), {
    status: 404,
    value: { code: 'delivery_not_found' },
  })
})

t.test('what a receiver says of a later try counts within limits, and 410 ends the tries', async (t) => {
  await ask('PUT', 'answers', { ...base, webhooks: [{ url: receiver.url, secret }] })
  const cases: [status: number, headers: Record<string, string>, waitMs: number | undefined][] = [
    [429, { 'retry-after': '120' }, 120_000],
    [503, { 'retry-after': new Date(clock.now() + 60_000).toUTCString() }, 60_000],
    [503, { 'retry-after': '0' }, 10_000],
    [503, { 'retry-after': '99999999' }, 3 * 3_600_000],
    [302, { location: `${receiver.url}/elsewhere` }, 10_000],
    [404, {}, 10_000],
    [410, {}, undefined],
  ]
  for (const [status, headers, waitMs] of cases) {
    await runJob('answers')
    receiver.answers.push(answerWith(status, headers))
    await teller.tell()
    const [{ nextAttemptAt, status: outcome, lastStatusCode, deliveryId } = {}] = (await list('answers')).data
    t.equal(lastStatusCode, status)
    t.equal(outcome, waitMs === undefined ? 'failed' : 'pending')
    t.equal(nextAttemptAt && Date.parse(nextAttemptAt) - clock.now(), waitMs, `${status} ${JSON.stringify(headers)}`)
    // Nothing of it is due while the next ones are looked at.
    if (waitMs !== undefined) {
      await ask('POST', `answers/deliveries/${deliveryId}/retry`)
      await teller.tell()
    }
  }
  t.notOk(receiver.received.some(({ path }) => path.includes('elsewhere')))
})

t.test('a test goes to every webhook; Slack gets its own form', async (t) => {
  const slack = await startReceiver(t)
  const webhooks = [
    { url: receiver.url, secret, events: ['job.failed'] },
    { url: slack.url, format: 'slack' },
  ]
  const put = await ask('PUT', 'tested', { ...base, webhooks })
  t.notOk(put.value.webhooks?.[1]?.secret)
  const { status, value } = await ask('POST', 'tested/webhooks/test')
  t.equal(status, 202)
  t.match(value.data, [
    { event: 'webhook.test', status: 'pending', url: receiver.url },
    { event: 'webhook.test', status: 'pending', url: slack.url },
  ])
  await runJob('tested')
  await teller.tell()
  t.match(bodies(), [{ type: 'webhook.test', data: { connectionId: 'tested', link: '/v1/connections/tested' } }])
  t.match(
    slack.received.map(({ body }) => Object.keys(JSON.parse(body))),
    [['text'], ['text']],
  )
  t.match(JSON.parse(slack.received[1]?.body ?? '').text, /^tested: job \d+ succeeded, 2 rows\. \/v1\/jobs\/\d+$/)
  t.match(await ask('POST', 'nobody/webhooks/test'), { status: 404 })
  t.match(await ask('GET', 'nobody/deliveries'), { status: 404, value: { code: 'connection_not_found' } })
})

t.test('a webhook that no connection has yet gets a test at once, within the same limits', async (t) => {
  const send = async (body: object) => {
    const response = await api.fetch('/v1/webhooks/test', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    return { status: response.status, value: (await response.json()) as Problem & { failure?: string } }
  }
  const { url } = receiver
  t.same(await send({ url, secret, connectionId: 'to-be' }), {
    status: 200,
    value: { status: 'delivered', statusCode: 204 },
  })
  const [first] = receiver.received
  const { headers = {}, body = '' } = first ?? {}
  const sentAt = new Date(Number(headers['webhook-timestamp']) * 1000)
  t.equal(headers['webhook-signature'], new Webhook(secret).sign(String(headers['webhook-id']), sentAt, body))
  t.match(JSON.parse(body), {
    type: 'webhook.test',
    data: { connectionId: 'to-be', link: '/v1/connections/to-be' },
  })
  t.match(await send({ url, format: 'slack' }), { status: 200 })
  t.match(JSON.parse(receiver.received[1]?.body ?? ''), { text: /this is a test/ })
  receiver.answers.push(answerWith(500))
  t.match(await send({ url, secret }), {
    status: 200,
    value: { status: 'failed', statusCode: 500, failure: /answered 500/ },
  })
  t.match(await ask('GET', 'to-be'), { status: 404 }, 'nothing is kept of it')

  const before = receiver.received.length
  for (const [refused, pointer] of [
    [{ url: 'https://10.0.0.1/' }, '/url'],
    [{ url: 'http://example.com/' }, '/url'],
    [{ url, secret: 'short' }, '/secret'],
    [{ url, secret: mask }, '/secret'],
  ] as const)
    t.match(await send(refused), { status: 400, value: { errors: [{ pointer }] } }, JSON.stringify(refused))
  t.equal(receiver.received.length, before)
})

t.test('200 deliveries are kept for seven days, and go with their connection', async (t) => {
  await ask('PUT', 'many', { ...base, webhooks: [{ url: receiver.url, secret }] })
  for (let place = 0; place < 205; place++) await ask('POST', 'many/webhooks/test')
  t.equal((await list('many', '?limit=100')).data.length, 100)
  const { redis } = api.store
  const { keyspace } = redis
  t.equal(await redis.hlen(keyspace.connection('default', 'many', 'deliveries')), 200)
  t.equal(await redis.zcard(keyspace.connection('default', 'many', 'due-deliveries')), 200)
  clock.advance(7 * 86_400_000 + 1)
  t.same((await list('many')).data, [])
  await ask('DELETE', 'many')
  const left = [...(await redis.keys('*many*')), ...(await redis.zrange(keyspace.pendingDeliveries, '0', '-1'))]
  t.same(
    left.filter((name) => name.includes('many')),
    [],
  )
})
