import type { Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import t from 'tap'
import { systemClock } from '../../src/clock.ts'
import { createTransport } from '../../src/intercom/transport.ts'
import { listenRaw } from '../support/raw-server.ts'

const mebibyte = 1024 * 1024
/** A mebibyte that is a kilobyte on its way. Several in a row are one body. */
const blown = gzipSync(Buffer.alloc(mebibyte, ' '))

function giveBlown(socket: Socket, times: number, status = '200 OK'): void {
  const head = `HTTP/1.1 ${status}\r\nContent-Encoding: gzip\r\nContent-Length: ${times * blown.length}\r\n\r\n`
  socket.write(Buffer.concat([Buffer.from(head), ...Array.from({ length: times }, () => blown)]))
}

function open(baseUrl: string) {
  const transport = createTransport({ baseUrl, accessToken: 'a-token', clock: systemClock })
  const { signal } = new AbortController()
  return () => transport.send({ method: 'GET', path: '/me', version: '2.16' }, signal)
}

const peakMebibytes = () => process.resourceUsage().maxRSS / 1024

t.test('twelve answers that unpack to more than they may hold take the memory of two', async (t) => {
  const send = open(await listenRaw(t, (socket) => giveBlown(socket, 80)))
  const before = peakMebibytes()
  const ends = await Promise.allSettled(Array.from({ length: 12 }, send))
  t.same(new Set(ends.map(({ status }) => status)), new Set(['rejected']))
  const grown = peakMebibytes() - before
  t.ok(grown < 300, `${Math.round(grown)} MiB more than before, and 768 without a limit for all of them`)
})

t.test('answers that are large together come whole, one after the other', async (t) => {
  const send = open(await listenRaw(t, (socket) => giveBlown(socket, 5)))
  const answers = await Promise.all(Array.from({ length: 20 }, async () => (await send()).body.length))
  t.same(
    answers,
    Array.from({ length: 20 }, () => 5 * mebibyte),
  )
})

t.test('of a large answer that is an error only the beginning is kept', async (t) => {
  const send = open(await listenRaw(t, (socket) => giveBlown(socket, 80, '503 Service Unavailable')))
  const { status, body } = await send()
  t.equal(status, 503)
  t.ok(body.length > 4096 && body.length < mebibyte, `${body.length} bytes`)
})
