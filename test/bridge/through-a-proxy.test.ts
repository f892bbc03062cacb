import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { constants, createGzip, type Gzip } from 'node:zlib'
import t, { type Test } from 'tap'
import { startBridgedService } from '../support/bridged-service.ts'
import { makeCertificate } from '../support/certificates.ts'
import { configuredCatalog } from '../support/configured-catalog.ts'
import { openConnector } from '../support/connector.ts'
import { createDeferred } from '../support/deferred.ts'
import { startForwardProxy, startTlsFront } from '../support/forward-proxy.ts'
import { withTools } from '../support/tools.ts'

const service = await startBridgedService(t, { contacts: 600 })
const bench = openConnector(t)
const catalog = bench.write('catalog.json', configuredCatalog(['contacts']))

function configFor(name: string, service_url: string): string {
  return bench.write(name, {
    access_token: 'simulator-token',
    service_url,
    service_api_key: service.key,
    allow_insecure_http: true,
  })
}

const contactsIn = (stdout: Buffer) => new Set(stdout.toString().match(/"data":\{"[^}]*?"id":"\w+"/g)).size
const recordsIn = (stdout: Buffer) => stdout.toString().match(/^{"type":"RECORD"/gm)?.length ?? 0

t.test('the bridge reads by TLS through a proxy, with few tunnels', withTools('openssl'), async (t) => {
  const certificate = makeCertificate(t, ['service.test'])
  const front = await startTlsFront(t, service.port, certificate)
  const proxy = await startForwardProxy(t, { ways: { 'service.test:443': front } })
  const environment = {
    NODE_EXTRA_CA_CERTS: certificate.authority,
    HTTPS_PROXY: `http://corp:p%40ss%2Fword@127.0.0.1:${proxy.port}`,
  }
  const config = configFor('tls.json', 'https://service.test')
  const { end, stdout, stderr } = await bench.run(['read', '--config', config, '--catalog', catalog], { environment })
  t.equal(end, 0, stderr)
  t.ok(recordsIn(stdout) >= 600)
  t.ok(contactsIn(stdout) > 0)
  t.ok(proxy.requests.length <= proxy.mostOpen() + 1, `${proxy.requests.length} CONNECTs`)
  for (const request of proxy.requests)
    t.same(request, { method: 'CONNECT', target: 'service.test:443', credentials: 'corp:p@ss/word' })
})

t.test('plain http goes to the proxy whole: the bridge and the commands', async (t) => {
  const proxy = await startForwardProxy(t)
  const http_proxy = `127.0.0.1:${proxy.port}`
  const config = configFor('plain.json', service.url)
  const read = await bench.run(['read', '--config', config, '--catalog', catalog], { environment: { http_proxy } })
  t.equal(read.end, 0, read.stderr)
  t.ok(recordsIn(read.stdout) >= 600)
  t.ok(proxy.requests.some(({ method, target }) => method === 'POST' && target.startsWith(`${service.url}/v1/jobs`)))
  const count = proxy.requests.length
  const settings = { INTERCOM_SYNC_URL: service.url, INTERCOM_SYNC_API_KEY: service.key }
  const list = await bench.run(['jobs', 'list'], { environment: { ...settings, http_proxy } })
  t.equal(list.end, 0, list.stderr)
  t.ok(proxy.requests.length > count)
  const exempt = { ...settings, http_proxy: '127.0.0.1:9', no_proxy: 'localhost 127.0.0.0/8' }
  t.equal((await bench.run(['jobs', 'list'], { environment: exempt })).end, 0)
})

t.test('a proxy that does not open the way to the service is named', async (t) => {
  const proxy = await startForwardProxy(t, { answer: () => 407 })
  const config = configFor('closed.json', 'https://service.test')
  const HTTPS_PROXY = `http://corp:hunter2hunter2@127.0.0.1:${proxy.port}`
  const { end, stdout, stderr } = await bench.run(['read', '--config', config, '--catalog', catalog], {
    environment: { HTTPS_PROXY },
  })
  t.equal(end, 1)
  const place = `the proxy http://127.0.0.1:${proxy.port} (HTTPS_PROXY) answered 407`
  t.ok(stdout.toString().includes(place), stdout.toString())
  t.match(stdout.toString(), /"internal_message":"proxy_refused"/)
  t.notMatch(`${stdout}${stderr}`, 'hunter2')
  t.equal(proxy.requests.length, 1)
  const jobs = await bench.run(['jobs', 'list', '--url', 'https://service.test'], {
    environment: { HTTPS_PROXY: 'socks5://127.0.0.1:1080' },
  })
  t.match(jobs, { end: 2, stderr: /HTTPS_PROXY names a SOCKS proxy/ })
})

/**
 * A front that compresses answers and passes every piece on at once. It breaks each body of messages after so many
 * compressed bytes.
 *
 * @param gate what follows the first piece of messages waits for it
 */
async function startCompressingFront(t: Test, limit: () => number, gate = Promise.resolve()) {
  let cuts = 0
  const asked: string[] = []
  const server = http.createServer((request, response) => {
    const { method, url: path } = request
    const { 'accept-encoding': encoding, ...headers } = request.headers
    asked.push(String(encoding))
    const onward = http.request({ host: '127.0.0.1', port: service.port, path, method, headers }, (answer) => {
      const { 'content-length': _, ...others } = answer.headers
      response.writeHead(answer.statusCode ?? 0, { ...others, 'content-encoding': 'gzip' })
      const gzip = createGzip({ flush: constants.Z_SYNC_FLUSH })
      const isLog = String(answer.headers['content-type']).startsWith('application/x-ndjson')
      let left = isLog ? limit() : Infinity
      gzip.on('data', (piece: Buffer) => {
        if (left <= 0) return
        response.write(piece.subarray(0, left))
        left -= piece.length
        if (left > 0) return
        cuts++
        response.destroy()
      })
      gzip.on('end', () => response.end())
      void passOn(answer, gzip, isLog ? gate : Promise.resolve()).catch(() => response.destroy())
    })
    onward.on('error', () => response.destroy())
    response.on('close', () => onward.destroy())
    request.pipe(onward)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, cuts: () => cuts, asked }
}

t.test('a compressed log that is cut anywhere is read on, and comes out the same', async (t) => {
  const [job] = await service.jobs()
  const whole = await service.messages(job?.jobId ?? 0)
  let limit = 300
  const front = await startCompressingFront(t, () => {
    limit *= 2
    return limit > 40_000 ? Infinity : limit
  })
  const environment = { INTERCOM_SYNC_API_KEY: service.key, ...(await farAway(t)) }
  const read = await bench.run(['jobs', 'messages', String(job?.jobId), '--url', front.url], { environment })
  t.equal(read.end, 0, read.stderr)
  t.ok(read.stdout.equals(whole), `${read.stdout.length} of ${whole.length} bytes`)
  t.ok(front.cuts() >= 4, `${front.cuts()} cuts`)
  t.ok(front.asked.filter((encoding) => encoding === 'gzip').length > front.cuts())
})

t.test('a service on this machine is asked for nothing compressed, by the bridge and the commands', async (t) => {
  const front = await startCompressingFront(t, () => Infinity)
  const config = configFor('near.json', front.url)
  const read = await bench.run(['read', '--config', config, '--catalog', catalog])
  t.equal(read.end, 0, read.stderr)
  const environment = { INTERCOM_SYNC_API_KEY: service.key }
  const list = await bench.run(['jobs', 'list', '--url', front.url.replace('127.0.0.1', 'localhost')], { environment })
  t.equal(list.end, 0, list.stderr)
  t.ok(front.asked.length >= 2)
  t.same([...new Set(front.asked)], ['identity'])
})

/** The way to what is on this machine as if it were on another: through a proxy. */
async function farAway(t: Test): Promise<Record<string, string>> {
  const proxy = await startForwardProxy(t)
  return { http_proxy: `127.0.0.1:${proxy.port}` }
}

async function passOn(answer: http.IncomingMessage, gzip: Gzip, gate: Promise<void>): Promise<void> {
  for await (const piece of answer) {
    gzip.write(piece)
    await gate
  }
  gzip.end()
}

t.test('lines of a compressed log are there as they come', async (t) => {
  const gate = createDeferred()
  const front = await startCompressingFront(t, () => Infinity, gate.promise)
  const config = configFor('live.json', front.url)
  const environment = await farAway(t)
  const reading = bench.start(['read', '--config', config, '--catalog', catalog], { environment })
  // No more than the first piece has left the front.
  await reading.untilPrinted(/"status":"STARTED"/)
  gate.resolve()
  t.equal((await reading.finished).end, 0)
  t.same([...new Set(front.asked)], ['gzip'])
})
