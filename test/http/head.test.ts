import t from 'tap'
import { buildOperationsApp } from '../../src/http/service/operations-app.ts'
import { createMetrics } from '../../src/metrics.ts'
import { startApp } from '../support/app.ts'
import { jobKey } from '../support/keys.ts'
import { startRedis } from '../support/redis.ts'
import { openStream } from './stream-client.ts'

const server = await startRedis(t)
let reads = 0
const api = await startApp(t, server, {
  wrapMessages: (messages) => ({
    ...messages,
    read(...range) {
      reads++
      return messages.read(...range)
    },
  }),
})

/** Headers that differ from one answer to the next. */
const changing = ['date', 'content-length', 'transfer-encoding', 'connection', 'keep-alive']

function headersOf({ headers }: Response): Record<string, string> {
  return Object.fromEntries([...headers].filter(([name]) => !changing.includes(name)))
}

/** An address that is good once: a program that only looks where a link leads must not use it up. */
const goodOnce = '/v1/oauth/callback'

/** Paths of every other GET of the description, with ids that exist. */
function pathsOfGets(ids: Record<string, string | number>): string[] {
  const { paths = {} } = api.app.swagger() as { paths?: Record<string, object> }
  return Object.entries(paths).flatMap(([path, item]) =>
    'get' in item && path !== goodOnce ? [path.replace(/\{(\w+)\}/g, (_all, name: string) => String(ids[name]))] : [],
  )
}

t.test('HEAD answers as GET does, without the body, on every path', async (t) => {
  const connection = { config: { access_token: 'token-of-a-test' }, streams: ['tags'] }
  await api.fetch('/v1/connections/prod?validate=false', {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(connection),
  })
  const jobId = await api.createJob()
  const worker = await api.work(jobId)
  await worker.commit(50)
  await worker.end()
  const paths = [...pathsOfGets({ jobId, connectionId: 'prod' }), '/docs/', '/docs/static/swagger-ui.css', '/nowhere']
  t.ok(paths.length > 14)
  for (const path of paths) {
    for (const encoding of ['identity', 'gzip']) {
      const options = { headers: { 'accept-encoding': encoding } }
      const get = await api.fetch(path, options)
      const body = await get.arrayBuffer()
      const head = await api.fetch(path, { ...options, method: 'HEAD' })
      t.equal(head.status, get.status, path)
      const { 'content-encoding': compressed, 'accept-ranges': _ranges, ...wanted } = headersOf(get)
      const { 'accept-ranges': _told, ...had } = headersOf(head)
      t.same(had, wanted, `${path} ${encoding}`)
      const length = head.headers.get('content-length')
      // Another length than that of GET would be wrong; that of a body which is compressed for GET is not known.
      const isUnknown = compressed !== undefined || path.endsWith('/messages') || path === '/metrics'
      if (isUnknown) t.ok(length === null || path === '/metrics', `${path} ${encoding} ${length}`)
      else t.equal(length, String(body.byteLength), path)
      t.equal((await head.text()).length, 0)
    }
  }
})

t.test('HEAD of a path that is refused is refused', async (t) => {
  for (const [path, status] of [
    [`${goodOnce}?code=code&state=state`, 404],
    ['/v1/jobs/1', 404],
    ['/v1/jobs/x', 400],
    ['/health/live?x=1', 400],
    ['/v1/jobs/1/messages', 404],
  ] as const) {
    t.equal((await api.fetch(path, { method: 'HEAD' })).status, status, path)
  }
})

t.test('HEAD of the messages of a running job ends at once: it reads no log and is no reader', async (t) => {
  const live = await openStream(`${api.url}/v1/jobs?grace=0`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/x-ndjson' },
    body: JSON.stringify({ config: { access_token: 'token-of-a-test' }, streams: ['tags'] }),
  })
  const path = live.headers.location ?? ''
  const jobId = Number(path.split('/').at(-1))
  const worker = await api.work(jobId)
  for (let commit = 0; commit < 5; commit++) await worker.commit(10)
  await live.until((text) => text.split('\n').length > 50)
  const { logEpoch } = await api.store.jobs.read('default', jobId)
  const readers = await api.store.redis.zrange(jobKey(jobId, 'readers'), '0', '-1')
  reads = 0
  const head = await api.fetch(`${path}/messages`, { method: 'HEAD' })
  t.equal(head.status, 200)
  t.equal(head.headers.get('log-epoch'), logEpoch)
  t.equal(head.headers.get('content-type'), 'application/x-ndjson')
  t.equal(reads, 1, 'one look at whether the range can be read')
  t.same(await api.store.redis.zrange(jobKey(jobId, 'readers'), '0', '-1'), readers)
  await worker.end()
  t.equal(await live.finished, 'end')
})

t.test('the port for operators answers HEAD, too', async (t) => {
  const { app } = api
  const operations = await buildOperationsApp({
    metrics: createMetrics(),
    clock: api.store.clock,
    logger: app.log,
    closing: new AbortController().signal,
    ready: async () => undefined,
  })
  t.teardown(() => operations.close())
  const address = await operations.listen({ port: 0, host: '127.0.0.1' })
  for (const path of ['/health/live', '/health/ready', '/metrics'])
    t.equal((await fetch(address + path, { method: 'HEAD' })).status, 200, path)
})
