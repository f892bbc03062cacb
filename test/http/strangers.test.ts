import { once } from 'node:events'
import { connect } from 'node:net'
import fc from 'fast-check'
import { pino } from 'pino'
import t from 'tap'
import { systemClock } from '../../src/clock.ts'
import { buildOperationsApp } from '../../src/http/service/operations-app.ts'
import { createMetrics } from '../../src/metrics.ts'
import { digestKey } from '../../src/store/secrets/api-key.ts'
import { startApp } from '../support/app.ts'
import { startRedis } from '../support/redis.ts'

const server = await startRedis(t)
/** What a service on loopback without keys is. */
const api = await startApp(t, server, {
  front: { host: '127.0.0.5', publicUrl: 'https://sync.example.com/below', corsOrigins: ['https://app.example.com'] },
})
const jobId = await api.createJob()

interface RawAnswer {
  status: number
  head: string
  body: string
}

/** Sends bytes as they are, as HTTP libraries would not. */
async function send(lines: string[], port = api.port): Promise<RawAnswer> {
  const socket = connect(port, '127.0.0.1')
  const pieces: Buffer[] = []
  socket.on('data', (piece: Buffer) => pieces.push(piece))
  socket.write(`${lines.join('\r\n')}\r\n\r\n`)
  await once(socket, 'close')
  const [head = '', body = ''] = Buffer.concat(pieces).toString().split('\r\n\r\n')
  return { status: Number(head.split(' ')[1]), head, body }
}

const get = (path: string, host: string, ...headers: string[]) =>
  send([`GET ${path} HTTP/1.1`, `Host: ${host}`, 'Connection: close', ...headers])

/** Every call, and a path that is none. */
const places: [method: string, path: string][] = [
  ...Object.entries(api.app.swagger().paths ?? {}).flatMap(([path, item]) =>
    ['get', 'post', 'put', 'patch', 'delete']
      .filter((method) => method in (item as object))
      .map((method): [string, string] => [method.toUpperCase(), path.replace(/\{\w+\}/g, String(jobId))]),
  ),
  ['GET', '/docs/'],
  ['GET', '/docs/json'],
  ['GET', '/nowhere'],
  ['OPTIONS', '/v1/jobs'],
]

t.test('whatever is asked under a name that leads here by somebody else is refused', async (t) => {
  t.ok(places.length > 25)
  for (const [method, path] of places) {
    const answer = await send([`${method} ${path} HTTP/1.1`, `Host: evil.example:${api.port}`, 'Connection: close'])
    t.equal(answer.status, 421, `${method} ${path}`)
    const { code, detail } = JSON.parse(answer.body) as Record<string, string>
    t.match({ code, detail }, { code: 'host_not_allowed', detail: /PUBLIC_URL.*API_KEYS/ })
  }
  t.match(await api.store.jobs.read('default', jobId), { status: 'pending', cancelRequested: false })
})

/** Names of this machine, as they may be written. */
const own = fc.tuple(
  fc.constantFrom(
    ...['localhost', 'LocalHost', 'localhost.', '127.0.0.1', '[::1]', '[0:0:0:0:0:0:0:1]', '127.0.0.5'],
    ...['sync.example.com', 'SYNC.example.com.'],
  ),
  fc.constantFrom('', ':80', ':8080', ':1', ':65535'),
)
/** Names that anybody can register, among them such as begin or end like ours. */
const foreign = fc.oneof(
  fc.domain().map((name) => `${name}:${api.port}`),
  fc.domain().map((name) => `localhost.${name}`),
  fc.domain().map((name) => `127.0.0.1.${name}`),
  fc.constantFrom('localhost@evil.example', 'evil.example#localhost', 'evil.example\\localhost', 'localhost, evil.ex'),
  fc.constantFrom(
    '',
    ' ',
    'localhost:99999',
    'localhost:x',
    'xlocalhost',
    'evil.localhost',
    '[::2]',
    '[::1',
    '0.0.0.0',
  ),
  fc.ipV4().filter((address) => !address.startsWith('127.0.0.')),
)

t.test('any form of the own names is answered, and no other name', async () => {
  await fc.assert(
    fc.asyncProperty(own, async ([name, port]) => (await get('/v1/spec', name + port)).status === 200),
    { numRuns: 40 },
  )
  await fc.assert(
    fc.asyncProperty(foreign, async (host) => (await get('/v1/spec', host)).status === 421),
    { numRuns: 60 },
  )
})

t.test('a target that is a whole address has to name the service, too', async (t) => {
  const ask = (target: string, host: string) => get(target, host)
  await fc.assert(
    fc.asyncProperty(
      own,
      foreign.filter((host) => /^[\w.:-]+$/.test(host)),
      async ([name, port], host) => {
        const right = await ask(`http://${name}${port}/v1/spec`, name)
        const byTarget = await ask(`http://${host}/v1/spec`, name)
        const byHost = await ask(`http://${name}${port}/v1/spec`, host)
        // What is no URL at all is refused before that, as no HTTP.
        const refusals = URL.canParse(`http://${host}`) ? [421] : [400, 421]
        return right.status === 200 && refusals.includes(byTarget.status) && byHost.status === 421
      },
    ),
    { numRuns: 20 },
  )
  t.equal((await ask('HTTP://user:word@evil.example/v1/spec', 'localhost')).status, 421)
})

t.test('a request without any host is from no browser', async (t) => {
  const answer = await send(['GET /v1/spec HTTP/1.0'])
  t.equal(answer.status, 200)
  const origin = await send(['GET /v1/spec HTTP/1.0', 'Origin: http://evil.example'])
  t.equal(origin.status, 403)
})

t.test('a header of a proxy gives no other name, from whatever address it comes', async (t) => {
  const trusting = await startApp(t, server, { front: { trustProxy: ['loopback'] } })
  const headers = ['X-Forwarded-Host: localhost', 'X-Forwarded-Proto: http']
  const lines = ['GET /v1/jobs HTTP/1.1', 'Host: evil.example', 'Connection: close', ...headers]
  t.equal((await send(lines, trusting.port)).status, 421)
})

t.test('pages of another origin neither read nor change anything', async (t) => {
  const host = `127.0.0.1:${api.port}`
  const foreignOrigins = fc.oneof(
    fc.domain().map((name) => `https://${name}`),
    fc.constantFrom('null', '', `http://localhost:${api.port}`, 'http://127.0.0.1', `http://127.0.0.1:${api.port + 1}`),
    fc.constantFrom('http://app.example.com', 'https://app.example.com.evil.example', 'https://evil@app.example.com'),
    fc.constantFrom(`http://${host}, http://evil.example`, `http://${host}/`, 'file://', 'chrome-extension://abc'),
  )
  await fc.assert(
    fc.asyncProperty(foreignOrigins, fc.constantFrom(...places), async (origin, [method, path]) => {
      const lines = [`${method} ${path} HTTP/1.1`, `Host: ${host}`, `Origin: ${origin}`, 'Connection: close']
      const { status, head, body } = await send(lines)
      return status === 403 && /origin_not_allowed/.test(body) && !/access-control-allow-origin/i.test(head)
    }),
    { numRuns: 80 },
  )
  t.match(await api.store.jobs.read('default', jobId), { status: 'pending', cancelRequested: false })
})

t.test('pages of its own and of the origins that are set may call', async (t) => {
  const host = `127.0.0.1:${api.port}`
  const origins = [`http://${host}`, 'https://sync.example.com', 'https://app.example.com']
  for (const origin of origins) t.equal((await get('/v1/spec', host, `Origin: ${origin}`)).status, 200, origin)
  t.equal((await get('/v1/spec', 'localhost', 'Origin: https://localhost')).status, 200, 'behind TLS')
  t.equal((await get('/v1/spec', '[::1]:9', 'Origin: http://[::1]:9')).status, 200)
})

t.test('pages of an origin that is set are told what they may send and read; others are told nothing', async (t) => {
  const preflight = (origin: string) =>
    api.fetch('/v1/jobs', {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type',
      },
    })
  const allowed = await preflight('https://app.example.com')
  t.equal(allowed.status, 204)
  t.equal(allowed.headers.get('access-control-allow-origin'), 'https://app.example.com')
  t.match(allowed.headers.get('access-control-allow-headers'), /authorization.*content-type.*idempotency-key/i)
  t.match(allowed.headers.get('access-control-allow-methods'), /POST.*DELETE/)
  t.equal(allowed.headers.get('access-control-allow-credentials'), null)
  const refused = await preflight('https://evil.example')
  t.equal(refused.status, 403)
  t.equal(refused.headers.get('access-control-allow-origin'), null)

  const headers = { origin: 'https://app.example.com' }
  const answer = await api.fetch('/', { headers })
  t.equal(answer.headers.get('access-control-allow-origin'), 'https://app.example.com')
  t.match(answer.headers.get('access-control-expose-headers'), /Location/)
  t.match(answer.headers.get('vary'), /^Origin, Accept\b/, 'no cache gives the answer to another origin')
  const problem = await api.fetch('/v1/jobs/999999999', { headers })
  t.equal(problem.status, 404)
  t.equal(problem.headers.get('access-control-allow-origin'), 'https://app.example.com')
})

t.test('where keys are needed they decide, whatever name and origin', async (t) => {
  const keyed = await startApp(t, server, {
    apiKeys: [{ tenant: 'acme', digest: digestKey('a') }],
    front: { corsOrigins: ['https://app.example.com'] },
  })
  const ask = (...headers: string[]) =>
    send(['GET /v1/spec HTTP/1.1', 'Host: sync.example.com', 'Connection: close', ...headers], keyed.port)
  t.equal((await ask('Authorization: Bearer a')).status, 200)
  const foreignPage = await ask('Authorization: Bearer a', 'Origin: https://evil.example')
  t.equal(foreignPage.status, 200)
  t.notMatch(foreignPage.head, /access-control-allow-origin/i, 'its browser does not show it the answer')
  t.equal((await ask('Origin: https://app.example.com')).status, 401)
})

t.test('the port for operations is as careful', async (t) => {
  const open = {
    metrics: createMetrics(),
    clock: systemClock,
    logger: pino({ level: 'silent' }),
    ready: async () => {},
  }
  for (const needsKey of [false, true]) {
    const app = await buildOperationsApp({ ...open, closing: new AbortController().signal, front: {}, needsKey })
    t.teardown(() => app.close())
    const port = Number(new URL(await app.listen({ port: 0, host: '127.0.0.1' })).port)
    const ask = (host: string, ...headers: string[]) =>
      send(['GET /metrics HTTP/1.1', `Host: ${host}`, 'Connection: close', ...headers], port)
    t.equal((await ask(`localhost:${port}`)).status, 200)
    t.equal((await ask('evil.example')).status, needsKey ? 200 : 421)
    t.equal((await ask('localhost', 'Origin: http://evil.example')).status, needsKey ? 200 : 403)
  }
})
