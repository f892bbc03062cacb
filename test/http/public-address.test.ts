import t from 'tap'
import { digestKey } from '../../src/store/secrets/api-key.ts'
import { startApp } from '../support/app.ts'
import { startRedis } from '../support/redis.ts'

const server = await startRedis(t)
const key = 'a'
const apiKeys = [{ tenant: 'default', digest: digestKey(key) }]
const silent = await startApp(t, server, { apiKeys })
const trusting = await startApp(t, server, { apiKeys, front: { trustProxy: ['127.0.0.0/8'] } })
const distrustful = await startApp(t, server, { apiKeys, front: { trustProxy: ['10.0.0.0/8'] } })
const publicUrl = 'https://sync.example.com/below/it'
const named = await startApp(t, server, { apiKeys, front: { trustProxy: ['loopback'], publicUrl } })

type Api = typeof silent
type Headers = Record<string, string>

async function startJob(api: Api, headers: Headers = {}): Promise<string> {
  const response = await api.fetch('/v1/jobs', {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ config: { access_token: 'token' }, streams: ['tags'] }),
  })
  await response.arrayBuffer()
  return response.headers.get('location') ?? ''
}

/** All addresses that the service tells. */
async function addressesOf(api: Api, headers: Headers = {}) {
  const read = async (path: string, accept = 'application/json') =>
    (await api.fetch(path, { headers: { accept, ...headers } })).text()
  const { docs } = JSON.parse(await read('/')) as { docs: string }
  const servers = (text: string) => (JSON.parse(text) as { servers: { url: string }[] }).servers.map(({ url }) => url)
  const { detail } = JSON.parse(await read('/nowhere')) as { detail: string }
  return {
    location: (await startJob(api, headers)).replace(/\d+$/, 'N'),
    docs,
    page: [...(await read('/', 'text/html')).matchAll(/href="([^"]+)"/g)].map(([, link]) => link)[0],
    openapi: servers(await read('/openapi.json')),
    ofDocs: servers(await read('/docs/json')),
    notFound: /\S+\/docs/.exec(detail)?.[0],
  }
}

const below = (base: string) => ({
  location: `${base}/v1/jobs/N`,
  docs: `${base}/docs`,
  // The console finds everything below its own place.
  page: `${base.replace(/^https?:\/\/[^/]+/, '')}/`,
  openapi: [base],
  ofDocs: [base],
  notFound: `${base}/docs`,
})

const usual = {
  location: '/v1/jobs/N',
  docs: '/docs',
  page: './',
  openapi: ['/', 'http://127.0.0.1:8080'],
  ofDocs: ['/', 'http://127.0.0.1:8080'],
  notFound: undefined,
}

const proxied = {
  'x-forwarded-proto': 'https',
  'x-forwarded-host': 'proxy.example.com:8443',
  'x-forwarded-prefix': '/sync/',
}

t.test('PUBLIC_URL rules every address that is told, whatever a proxy says', async (t) => {
  t.same(await addressesOf(named), below(publicUrl))
  t.same(await addressesOf(named, proxied), below(publicUrl))
})

t.test('else a trusted proxy does', async (t) => {
  t.same(await addressesOf(trusting, proxied), below('https://proxy.example.com:8443/sync'))
  t.same(
    await addressesOf(trusting, { 'x-forwarded-proto': 'HTTPS' }),
    below(`https://127.0.0.1:${trusting.port}`),
    'a proxy that hands Host on',
  )
  t.same(await addressesOf(trusting, { 'x-forwarded-prefix': '/sync' }), below('/sync'))
  const two = { ...proxied, 'x-forwarded-host': 'evil.example, proxy.example.com', 'x-forwarded-prefix': '/x, /sync' }
  t.same(await addressesOf(trusting, two), below('https://proxy.example.com/sync'), 'the nearest one')
})

t.test('what nobody has said, or somebody else, changes nothing', async (t) => {
  t.same(await addressesOf(silent), usual)
  t.same(await addressesOf(silent, proxied), usual)
  t.same(await addressesOf(distrustful, proxied), usual)
  t.same(await addressesOf(trusting), usual)
})

t.test('a header that is no host, scheme or path is passed over', async (t) => {
  const wrong: [headers: Headers, location: RegExp][] = [
    [{ ...proxied, 'x-forwarded-host': 'evil.example/"><script>' }, /^\/sync\/v1\/jobs\/\d+$/],
    [{ ...proxied, 'x-forwarded-host': 'a@evil.example' }, /^\/sync\/v1\/jobs\/\d+$/],
    [{ ...proxied, 'x-forwarded-proto': 'javascript' }, /^\/sync\/v1\/jobs\/\d+$/],
    [{ 'x-forwarded-prefix': '//evil.example' }, /^\/v1\/jobs\/\d+$/],
    [{ 'x-forwarded-prefix': 'evil.example' }, /^\/v1\/jobs\/\d+$/],
    [{ 'x-forwarded-prefix': '/"><script>' }, /^\/v1\/jobs\/\d+$/],
    [{ 'x-forwarded-prefix': '/sync/../..' }, /^\/v1\/jobs\/\d+$/],
    [{ 'x-forwarded-prefix': '/./sync' }, /^\/v1\/jobs\/\d+$/],
    [{ 'x-forwarded-prefix': '/sync/%2E%2e/' }, /^\/v1\/jobs\/\d+$/],
    [{ 'x-forwarded-prefix': '/.well-known/..sync' }, /^\/\.well-known\/\.\.sync\/v1\/jobs\/\d+$/],
    [{ ...proxied, 'x-forwarded-host': 'proxy.example.com:99999' }, /^\/sync\/v1\/jobs\/\d+$/],
  ]
  for (const [headers, location] of wrong) t.match(await startJob(trusting, headers), location)
})

t.test('browsers are told to stay with TLS only when they came by it', async (t) => {
  const promise = async (api: Api, headers: Headers) =>
    (await api.fetch('/docs/', { headers })).headers.get('strict-transport-security')
  t.equal(await promise(trusting, proxied), 'max-age=15552000')
  t.equal(await promise(trusting, { 'x-forwarded-proto': 'http' }), null)
  t.equal(await promise(trusting, {}), null)
  t.equal(await promise(distrustful, proxied), null)
  t.equal(await promise(named, {}), null)
})

t.test('by plain http no page asks its browser for https', async (t) => {
  for (const path of ['/', '/docs/', '/docs/static/swagger-ui.css', '/openapi.json', '/nowhere']) {
    const { headers } = await silent.fetch(path, { headers: { accept: '*/*' } })
    t.ok(headers.has('content-security-policy'))
    t.notMatch(headers.get('content-security-policy'), /upgrade-insecure-requests/, path)
  }
})

t.test('/docs leads to where its links are right, without knowing the path of a proxy', async (t) => {
  const redirect = async (path: string) => {
    const { status, headers } = await silent.fetch(path, { redirect: 'manual' })
    return [status, headers.get('location')]
  }
  t.same(await redirect('/docs'), [302, 'docs/'])
  t.same(await redirect('/docs?a=b'), [302, 'docs/'])
  t.same(await redirect('/docs/?a=b'), [302, './'])
  t.same(await redirect('/docs/static/index.html'), [302, '../'])
  t.same(await redirect('/docs/'), [200, null])
})
