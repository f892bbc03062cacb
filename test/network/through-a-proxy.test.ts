import t from 'tap'
import { makeCertificate } from '../support/certificates.ts'
import { configuredCatalog } from '../support/configured-catalog.ts'
import { openConnector, type RunOptions } from '../support/connector.ts'
import { debianProgram } from '../support/debian-programs.ts'
import { type ForwardProxyOptions, startForwardProxy, startTlsFront } from '../support/forward-proxy.ts'
import { findFreePort } from '../support/free-port.ts'
import { listenSimulator } from '../support/listening-simulator.ts'
import { runCompiled, runProcess } from '../support/processes.ts'
import { withTools } from '../support/tools.ts'

const place = 'api.intercom.test:443'
const password = 'p@ss/w:rd%'
const encoded = 'corp:p%40ss%2Fw%3Ard%25'

const tools = withTools('openssl')
const intercom = await listenSimulator(t, { contacts: 400, companies: 40, conversations: 40, tickets: 5 })
const bench = openConnector(t)
const config = bench.write('config.json', { access_token: 'simulator-token', num_workers: 6 })

/** Intercom by TLS, behind a proxy that alone knows the way. */
async function openNetwork(names: string[], options: ForwardProxyOptions = {}) {
  const certificate = makeCertificate(t, names)
  const front = await startTlsFront(t, Number(new URL(intercom.url).port), certificate)
  const proxy = await startForwardProxy(t, { ways: { [place]: front }, ...options })
  return { certificate, front, proxy, trusted: { NODE_EXTRA_CA_CERTS: certificate.authority } }
}

/** Runs `check`, and returns its only message with what it wrote beside it. */
async function check(environment: Record<string, string>, options: RunOptions = {}) {
  const { end, stdout, stderr } = await bench.run(['check', '--config', config], {
    intercom: `https://${place}`,
    ...options,
    environment,
  })
  const { connectionStatus, trace } = JSON.parse(stdout.toString())
  return { end, stderr, status: connectionStatus?.status, error: trace?.error, text: stdout.toString() }
}

t.test('a sync through a proxy keeps its tunnels: no more of them than requests at a time', tools, async (t) => {
  const { proxy, trusted } = await openNetwork(['api.intercom.test'])
  const catalog = bench.write('catalog.json', configuredCatalog(['contacts', 'companies', 'conversations', 'tickets']))
  const { end, stdout } = await bench.run(['read', '--config', config, '--catalog', catalog], {
    intercom: `https://${place}`,
    environment: { ...trusted, HTTPS_PROXY: `http://${encoded}@127.0.0.1:${proxy.port}` },
  })
  t.equal(end, 0)
  const records = stdout.toString().match(/^{"type":"RECORD"/gm) ?? []
  t.ok(records.length >= 485, `${records.length} records`)
  t.ok(proxy.requests.length > 0 && proxy.requests.length <= 6, `${proxy.requests.length} CONNECTs`)
  t.ok(proxy.requests.length <= proxy.mostOpen(), `${proxy.mostOpen()} open at a time`)
  for (const request of proxy.requests)
    t.same(request, { method: 'CONNECT', target: place, credentials: `corp:${password}` })
})

t.test('the certificates of a proxy and of Intercom behind it are judged', tools, async (t) => {
  const own = makeCertificate(t, ['localhost'])
  const [secure, plain] = [
    await openNetwork(['api.intercom.test'], { certificate: own }),
    await openNetwork(['api.intercom.test']),
  ]
  const HTTPS_PROXY = `https://localhost:${secure.proxy.port}`
  const [ofProxy, ofIntercom] = await Promise.all([
    check({ ...secure.trusted, HTTPS_PROXY }),
    check({ HTTPS_PROXY: `127.0.0.1:${plain.proxy.port}` }),
  ])
  t.match(ofProxy, { end: 1, error: { internal_message: 'intercom_unavailable' } })
  const words = `the proxy ${HTTPS_PROXY} \\(HTTPS_PROXY\\) cannot be reached \\(UNABLE_TO_.*NODE_EXTRA_CA_CERTS`
  t.match(ofProxy.error.message, new RegExp(words))
  t.equal(secure.proxy.requests.length, 0)
  t.equal(ofIntercom.end, 1)
  // A proxy that opens TLS shows a certificate of its own.
  const { message } = ofIntercom.error
  t.match(message, /through the proxy http:\/\/127\.0\.0\.1:\d+ \(HTTPS_PROXY\) \(UNABLE_TO_.*NODE_EXTRA_CA_CERTS/)
})

t.test('the tunnel of a proxy by TLS carries TLS', tools, async (t) => {
  const certificate = makeCertificate(t, ['api.intercom.test', 'localhost'])
  const front = await startTlsFront(t, Number(new URL(intercom.url).port), certificate)
  const proxy = await startForwardProxy(t, { ways: { [place]: front }, certificate })
  const environment = { NODE_EXTRA_CA_CERTS: certificate.authority, https_proxy: `https://localhost:${proxy.port}` }
  t.match(await check(environment), { end: 0, status: 'SUCCEEDED' })
  t.ok(proxy.requests.length <= proxy.mostOpen(), `${proxy.requests.length} CONNECTs`)
})

t.test('a proxy that wants a password is asked once, and one that fails is asked again', tools, async (t) => {
  const answers = [
    [
      407,
      [1],
      'proxy_refused',
      /answered 407 Proxy Authentication Required: it does not accept the user .* in HTTPS_PROXY/,
    ],
    [403, [4, 5], 'intercom_unavailable', /answered 403 Forbidden to CONNECT api\.intercom\.test:443/],
    [502, [4, 5], 'intercom_unavailable', /answered 502 Bad Gateway to CONNECT/],
  ] as const
  const failing = answers.map(async ([status, tries, code, reason]) => {
    const { proxy, trusted } = await openNetwork(['api.intercom.test'], { answer: () => status })
    const { end, error, text, stderr } = await check({
      ...trusted,
      HTTPS_PROXY: `http://${encoded}@127.0.0.1:${proxy.port}`,
    })
    t.match({ end, error }, { end: 1, error: { internal_message: code, message: reason } })
    t.match(error.message, `the proxy http://127.0.0.1:${proxy.port} (HTTPS_PROXY)`)
    // The waits between tries are drawn: the fifth may come after 10 s, when a check gives up.
    t.ok(
      tries.some((count) => count === proxy.requests.length),
      `${status}: ${proxy.requests.length} tries`,
    )
    for (const secret of [password, encoded, Buffer.from(`corp:${password}`).toString('base64')])
      t.notOk(`${text}${stderr}`.includes(secret))
  })
  const closed = await findFreePort()
  const [gone, unknown] = await Promise.all([
    check({ HTTPS_PROXY: `http://127.0.0.1:${closed}` }),
    check({ all_proxy: 'http://no-such-host.invalid:3128' }),
    ...failing,
  ])
  t.match(gone.error, {
    internal_message: 'intercom_unavailable',
    message: /\(HTTPS_PROXY\) cannot be reached \(ECONNREFUSED\)/,
  })
  t.match(unknown.error.message, /\(all_proxy\) cannot be reached \((ENOTFOUND|EAI_AGAIN)\)/)
})

t.test('plain http goes to the proxy with the whole address, and NO_PROXY exempts from it', async (t) => {
  const proxy = await startForwardProxy(t)
  const http_proxy = `http://user:secret@127.0.0.1:${proxy.port}`
  t.match(await check({ http_proxy }, { intercom: intercom.url }), { end: 0, status: 'SUCCEEDED' })
  t.match(proxy.requests[0], { method: 'GET', target: `${intercom.url}/me`, credentials: 'user:secret' })
  const count = proxy.requests.length
  t.match(await check({ http_proxy, NO_PROXY: '127.0.0.0/8' }, { intercom: intercom.url }), { end: 0 })
  t.match(await check({ HTTP_PROXY: http_proxy }, { intercom: intercom.url }), { end: 0 })
  t.equal(proxy.requests.length, count, 'none of these went to the proxy')

  const strict = await startForwardProxy(t, { answer: () => 407 })
  const { error } = await check({ http_proxy: `127.0.0.1:${strict.port}` }, { intercom: intercom.url })
  t.match(error, { internal_message: 'proxy_refused', message: /wants a user and a password; set them in http_proxy/ })
  t.equal(strict.requests.length, 1)
})

t.test('a variable that is wrong is told at start', async (t) => {
  const HTTPS_PROXY = 'socks5://user:hunter2hunter2@127.0.0.1:1080'
  const { error, text } = await check({ HTTPS_PROXY })
  t.match(error, { internal_message: 'invalid_request', message: /HTTPS_PROXY names a SOCKS proxy/ })
  t.notMatch(text, 'hunter2')
  const service = runCompiled(t, 'test/support/serve-process.js', [], { HTTPS_PROXY, PORT: '0' })
  await service.untilLine(/HTTPS_PROXY names a SOCKS proxy.*set http:\/\/host:port/)
  t.equal(await service.exited, 1)
  t.notMatch(service.stderr(), 'hunter2')
})

const tinyproxy = await debianProgram('tinyproxy')
t.test('tinyproxy lets us through with the right password only', { skip: tools.skip || tinyproxy.skip }, async (t) => {
  const { front, trusted } = await openNetwork(['localhost'])
  const port = await findFreePort()
  const settings = ['Listen 127.0.0.1', `Port ${port}`, 'Timeout 60', 'BasicAuth corp pass123', `ConnectPort ${front}`]
  const process = runProcess(t, tinyproxy.path, ['-d', '-c', bench.write('tinyproxy.conf', `${settings.join('\n')}\n`)])
  await process.untilLine(/listen|accepting|Starting main loop/i)
  const address = { intercom: `https://localhost:${front}` }
  const through = (user: string) => ({ ...trusted, HTTPS_PROXY: `http://${user}127.0.0.1:${port}` })
  const [good, wrong, none, elsewhere] = await Promise.all([
    check(through('corp:p%61ss123@'), address),
    check(through('corp:other@'), address),
    check(through(''), address),
    check(through('corp:pass123@'), { intercom: `https://localhost:${await findFreePort()}` }),
  ])
  t.match(good, { end: 0, status: 'SUCCEEDED' })
  t.match(wrong.error.message, /answered 40[17]/)
  t.match(none.error, { internal_message: 'proxy_refused', message: /wants a user and a password/ })
  const closed = { internal_message: 'intercom_unavailable', message: /answered 403 .* to CONNECT localhost:\d+/ }
  t.match(elsewhere.error, closed)
})
