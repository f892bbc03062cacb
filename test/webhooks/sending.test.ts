import { createServer } from 'node:net'
import fc from 'fast-check'
import { Webhook } from 'standardwebhooks'
import t from 'tap'
import { noProxies, readProxies } from '../../src/network/proxies.ts'
import { createAllowList } from '../../src/webhooks/allow-list.ts'
import { connectDirectly } from '../../src/webhooks/connect.ts'
import { createReceivers } from '../../src/webhooks/receivers.ts'
import { sendMessage } from '../../src/webhooks/send.ts'
import { createWebhookSecret, isWebhookSecret, standardHeaders } from '../../src/webhooks/signature.ts'
import { makeCertificate } from '../support/certificates.ts'
import { startForwardProxy, startTlsFront } from '../support/forward-proxy.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { untilHolds } from '../support/polling.ts'
import { withTools } from '../support/tools.ts'
import { answerWith, loopbackReceivers, startReceiver } from '../support/webhooks.ts'

const clock = createManualClock()
const base = { receivers: loopbackReceivers, connect: connectDirectly, proxies: noProxies, clock }
const signal = new AbortController().signal
const post = (url: string, body = '{}', headers = {}) => ({ url, body, headers })
const answerMs = 10_000
const restMs = 1000

t.test('signatures are those of Standard Webhooks', async (t) => {
  const bytes = fc.uint8Array({ minLength: 24, maxLength: 64 })
  const secrets = bytes.map((key) => `whsec_${Buffer.from(key).toString('base64')}`)
  fc.assert(
    fc.property(secrets, fc.json(), fc.nat({ max: 200 }), (secret, body, msAgo) => {
      const deliveryId = 'msg_2b-c_d'
      const headers = standardHeaders({ deliveryId, body }, secret, Date.now() - msAgo)
      const webhook = new Webhook(secret)
      const verify = (text: string) => webhook.verify(text, headers as Record<string, string>)
      verify(body)
      try {
        verify(`${body} `)
        return false
      } catch {
        return isWebhookSecret(secret)
      }
    }),
    { numRuns: 200 },
  )
  t.ok(isWebhookSecret(createWebhookSecret()))
  t.not(createWebhookSecret(), createWebhookSecret())
  const of = (length: number) => `whsec_${Buffer.alloc(length, 7).toString('base64')}`
  t.same(
    [23, 24, 64, 65].map((length) => isWebhookSecret(of(length))),
    [false, true, true, false],
  )
  for (const text of [of(32).slice(6), `${of(32)}!`, of(32).replace('w', 'W'), 'whsec_'])
    t.notOk(isWebhookSecret(text), text)
})

t.test('a message comes whole, to its path, with its headers', async (t) => {
  const receiver = await startReceiver(t)
  const body = JSON.stringify({ text: 'é€😀'.repeat(1000) })
  const url = `${receiver.url}/a%20b?c=d&e`
  t.same(await sendMessage(base, post(url, body, { 'webhook-id': 'msg_1' }), signal), { statusCode: 204 })
  const { host, pathname, search } = new URL(url)
  t.match(receiver.received, [
    {
      path: `${pathname}${search}`,
      body,
      headers: { host, 'content-type': 'application/json', 'webhook-id': 'msg_1', 'user-agent': 'intercom-sync' },
    },
  ])
})

t.test('a receiver that never answers has ten seconds, one that is slow with the rest one more', async (t) => {
  const receiver = await startReceiver(t)
  receiver.answers.push(() => undefined)
  const silent = sendMessage(base, post(receiver.url), signal)
  await untilHolds(() => receiver.received.length === 1)
  clock.advance(answerMs)
  t.same(await silent, { failure: 'did not answer within 10 s' })

  receiver.answers.push((response) => void response.writeHead(200).write('and then'))
  const slow = sendMessage(base, post(receiver.url), signal)
  await clock.untilAsleep(restMs)
  clock.advance(restMs)
  t.same(await slow, { statusCode: 200 }, 'the status decides')

  const ending = new AbortController()
  receiver.answers.push(() => undefined)
  const broken = sendMessage(base, post(receiver.url), ending.signal)
  await untilHolds(() => receiver.received.length === 3)
  ending.abort(new Error('the process ends'))
  await t.rejects(broken, { message: 'the process ends' })
})

t.test('no more of an answer is read than its first KiB', async (t) => {
  const receiver = await startReceiver(t)
  let written = 0
  const closed = new Promise<void>((resolve) => {
    receiver.answers.push((response) => {
      response.writeHead(200)
      const chunk = Buffer.alloc(64 * 1024, 'x')
      const write = () => {
        while (!response.destroyed && response.write(chunk)) written += chunk.length
        written += chunk.length
      }
      response.on('drain', write)
      response.on('close', resolve)
      write()
    })
  })
  t.same(await sendMessage(base, post(receiver.url), signal), { statusCode: 200 })
  await closed
  t.ok(written < 16 * 1024 * 1024, `${written} bytes, most of them on their way`)

  receiver.answers.push((response) => void response.writeHead(200, { large: 'x'.repeat(64 * 1024) }).end())
  t.match(await sendMessage(base, post(receiver.url), signal), { failure: /HPE_HEADER_OVERFLOW/ })
})

t.test('what is no answer is told by its code', async (t) => {
  const answers = ['', 'HTTP/1.1 200 OK', 'SSH-2.0-OpenSSH_9.2\r\n', 'HTTP/1.1 101 Switching\r\nupgrade: x\r\n\r\n']
  for (const answer of answers) {
    const server = createServer((socket) => {
      socket.on('error', () => undefined)
      socket.resume().end(answer)
    }).listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    t.teardown(() => server.close())
    const { port } = server.address() as { port: number }
    const outcome = await sendMessage(base, post(`http://127.0.0.1:${port}/`), signal)
    t.match(outcome, { failure: /^cannot be reached \(|^answered 101$/ })
    server.close()
    await new Promise((resolve) => server.once('close', resolve))
    t.same(await sendMessage(base, post(`http://127.0.0.1:${port}/`), signal), {
      failure: 'cannot be reached (ECONNREFUSED)',
    })
  }
})

t.test('certificates are verified, for the name in the URL', withTools('openssl'), async (t) => {
  const receiver = await startReceiver(t)
  const certificate = makeCertificate(t, ['hooks.test'])
  const port = await startTlsFront(t, Number(new URL(receiver.url).port), certificate)
  const receivers = createReceivers({
    allowed: createAllowList(['hooks.test', '127.0.0.1']),
    resolve: async () => ['127.0.0.1'],
  })
  for (const host of ['hooks.test', '127.0.0.1'])
    t.match(await sendMessage({ ...base, receivers }, post(`https://${host}:${port}/`), signal), {
      failure: /^cannot be reached \((UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_)/,
    })
  t.same(receiver.received, [])
})

t.test('a proxy of the operator is asked for the address that was looked at', async (t) => {
  const proxy = await startForwardProxy(t, { answer: () => 403 })
  const receivers = createReceivers({ allowed: createAllowList([]), resolve: async () => ['93.184.216.34'] })
  const proxies = readProxies({ HTTPS_PROXY: `http://127.0.0.1:${proxy.port}`, NO_PROXY: 'near.example' })
  const outcome = await sendMessage({ ...base, receivers, proxies }, post('https://hooks.example/'), signal)
  t.match(outcome, { failure: /^cannot be reached: the proxy .* answered 403/ })
  t.match(proxy.requests, [{ method: 'CONNECT', target: '93.184.216.34:443' }])

  const receiver = await startReceiver(t)
  receiver.answers.push(answerWith(200))
  t.same(
    await sendMessage({ ...base, proxies }, post(receiver.url), signal),
    { statusCode: 200 },
    'plain http goes past',
  )
  t.equal(proxy.requests.length, 1)
})
