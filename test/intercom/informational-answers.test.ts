import t from 'tap'
import { systemClock } from '../../src/clock.ts'
import { createTransport } from '../../src/intercom/transport.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { listenRaw } from '../support/raw-server.ts'

const send = (baseUrl: string, clock = systemClock) =>
  createTransport({ baseUrl, accessToken: 'token', clock }).send(
    { method: 'GET', path: '/me', version: '2.16' },
    new AbortController().signal,
  )

const early = (header = '</style.css>; rel=preload') => `HTTP/1.1 103 Early Hints\r\nLink: ${header}\r\n\r\n`
const real = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}'

for (const [name, text] of Object.entries({
  100: 'HTTP/1.1 100 Continue\r\n\r\n',
  102: 'HTTP/1.1 102 Processing\r\n\r\n',
  103: early(),
}))
  t.test(`a request that is answered with nothing but ${name} fails`, async (t) => {
    let written = 0
    const baseUrl = await listenRaw(t, (socket) => {
      // Goes on as long as the client listens.
      const next = () => {
        written++
        if (socket.writable) socket.write(text, (error) => error ?? setImmediate(next))
      }
      next()
    })
    await t.rejects(send(baseUrl), { code: 'intercom_unavailable', message: /ERR_TOO_MANY_1XX/ })
    t.ok(written > 10, `${written} were sent`)
  })

t.test('a few early hints before the real answer do no harm', async (t) => {
  const baseUrl = await listenRaw(t, (socket) => void socket.write(early().repeat(5) + real))
  const { status, body } = await send(baseUrl)
  t.equal(status, 200)
  t.equal(String(body), '{}')
})

t.test('a few informational answers are too many when they are large', async (t) => {
  const baseUrl = await listenRaw(t, (socket) => void socket.write(early('x'.repeat(12_000)).repeat(8) + real))
  await t.rejects(send(baseUrl), { code: 'intercom_unavailable', message: /ERR_TOO_MANY_1XX/ })
})

t.test('a request fails when its answer is not complete after two minutes, though bytes keep coming', async (t) => {
  const clock = createManualClock()
  let isOver = false
  const baseUrl = await listenRaw(t, (socket) => {
    socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n')
    const next = () => {
      if (isOver) socket.end('0\r\n\r\n')
      else if (socket.writable) socket.write('1\r\n \r\n', () => setImmediate(next))
      clock.advance(1000)
      isOver ||= clock.monotonic() > 180_000
    }
    next()
  })
  await t.rejects(send(baseUrl, clock), { code: 'intercom_unavailable' })
})

t.test('each request has two minutes of its own, however many wait for their answers', async (t) => {
  const clock = createManualClock()
  const baseUrl = await listenRaw(t, () => undefined)
  const transport = createTransport({ baseUrl, accessToken: 'token', clock })
  const { signal } = new AbortController()
  const ended: string[] = []
  const begin = (name: string) =>
    transport.send({ method: 'GET', path: '/me', version: '2.16' }, signal).catch(() => ended.push(name))
  const first = begin('first')
  clock.advance(60_000)
  const second = begin('second')
  clock.advance(60_000)
  const third = begin('third')
  await first
  t.same(ended, ['first'])
  clock.advance(60_000)
  await second
  t.same(ended, ['first', 'second'])
  clock.advance(60_000)
  await third
  t.same(ended, ['first', 'second', 'third'])
  t.notOk(clock.isAsleep(), 'nothing is left to wait for')
})
