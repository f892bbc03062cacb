import type { Socket } from 'node:net'
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import t from 'tap'
import { systemClock } from '../../src/clock.ts'
import type { IntercomRequest } from '../../src/intercom/request.ts'
import { createTransport } from '../../src/intercom/transport.ts'
import { listenRaw } from '../support/raw-server.ts'

const me: IntercomRequest = { method: 'GET', path: '/me', version: '2.16' }

function send(baseUrl: string, request = me, signal = new AbortController().signal) {
  return createTransport({ baseUrl, accessToken: 'a-token', clock: systemClock }).send(request, signal)
}

const head = (length: number, ...headers: string[]) =>
  ['HTTP/1.1 200 OK', `Content-Length: ${length}`, ...headers, '', ''].join('\r\n')

function give(socket: Socket, body: Buffer, ...headers: string[]): void {
  socket.write(head(body.length, ...headers))
  socket.write(body)
}

t.test('a request is written as it always was', async (t) => {
  const requests: string[] = []
  const baseUrl = await listenRaw(t, (socket, request) => {
    requests.push(request)
    give(socket, Buffer.from('{}'))
  })
  const { host } = new URL(baseUrl)
  const query = { per_page: '60', starting_after: 'WzE3=:,$+ /é&' }
  await send(baseUrl, { method: 'GET', path: '/companies/a%20b/contacts', query, version: '2.14' })
  await send(baseUrl, { method: 'POST', path: '/contacts/search', body: { name: 'é' }, version: '2.16' })
  t.same(requests, [
    `GET /companies/a%20b/contacts?per_page=60&starting_after=WzE3%3D:,$%2B+%2F%C3%A9%26 HTTP/1.1\r\nAccept: application/json\r\nauthorization: Bearer a-token\r\nuser-agent: intercom-sync\r\nintercom-version: 2.14\r\nAccept-Encoding: gzip, compress, deflate, br\r\nHost: ${host}\r\nConnection: keep-alive\r\n\r\n`,
    `POST /contacts/search HTTP/1.1\r\nAccept: application/json\r\nContent-Type: application/json\r\nauthorization: Bearer a-token\r\nuser-agent: intercom-sync\r\nintercom-version: 2.16\r\nContent-Length: 13\r\nAccept-Encoding: gzip, compress, deflate, br\r\nHost: ${host}\r\nConnection: keep-alive\r\n\r\n{"name":"é"}`,
  ])
})

const text = Buffer.from(JSON.stringify({ text: 'é'.repeat(100_000) }))
for (const [encoding, body] of Object.entries({
  gzip: gzipSync(text),
  'x-gzip': gzipSync(text),
  compress: deflateSync(text),
  deflate: deflateSync(text),
  'deflate without its header': deflateRawSync(text),
  br: brotliCompressSync(text),
  identity: text,
}))
  t.test(`a body in ${encoding} is read`, async (t) => {
    const baseUrl = await listenRaw(t, (socket) => give(socket, body, `Content-Encoding: ${encoding.split(' ')[0]}`))
    const answer = await send(baseUrl)
    t.ok(answer.body.equals(text))
    t.equal(answer.header('content-length'), String(body.length))
  })

t.test('a body larger than 64 MiB is refused, also when it is small on its way', async (t) => {
  const large = Buffer.alloc(64 * 1024 * 1024 + 1)
  for (const [body, ...headers] of [[large], [gzipSync(large), 'Content-Encoding: gzip']] as [Buffer, ...string[]][]) {
    const baseUrl = await listenRaw(t, (socket) => give(socket, body, ...headers))
    await t.rejects(send(baseUrl), { code: 'intercom_unavailable', message: /\(ERR_BAD_RESPONSE\)$/ })
  }
})

t.test('a body that is cut is refused', async (t) => {
  const bodies: Record<string, Buffer> = { ERR_BAD_RESPONSE: text, ECONNRESET: gzipSync(text) }
  for (const [code, body] of Object.entries(bodies)) {
    const headers = body === text ? [] : ['Content-Encoding: gzip']
    const baseUrl = await listenRaw(t, (socket) => {
      socket.write(head(body.length, ...headers))
      socket.end(body.subarray(0, -20))
    })
    await t.rejects(send(baseUrl), { code: 'intercom_unavailable', message: new RegExp(`\\(${code}\\)$`) })
  }
})

t.test('a body that is not in its encoding is refused', async (t) => {
  const baseUrl = await listenRaw(t, (socket) => give(socket, text, 'Content-Encoding: gzip'))
  await t.rejects(send(baseUrl), { code: 'intercom_unavailable', message: /\(Z_DATA_ERROR\)$/ })
})

t.test('a request that is given up ends at once, with its reason, before and during its answer', async (t) => {
  for (const part of ['', head(100), `${head(100)}{"a":`]) {
    const reason = new Error('given up')
    const giving = new AbortController()
    const baseUrl = await listenRaw(t, (socket) => socket.write(part, () => giving.abort(reason)))
    await t.rejects(send(baseUrl, me, giving.signal), reason)
  }
})

t.test('a connection is used again', async (t) => {
  const sockets = new Set<Socket>()
  const baseUrl = await listenRaw(t, (socket) => {
    sockets.add(socket)
    give(socket, Buffer.from('{}'))
  })
  const transport = createTransport({ baseUrl, accessToken: 'a-token', clock: systemClock })
  for (let count = 0; count < 5; count++) await transport.send(me, new AbortController().signal)
  t.equal(sockets.size, 1)
})

t.test('a path that looks like a URL stays on the host', async (t) => {
  const lines: string[] = []
  const baseUrl = await listenRaw(t, (socket, request) => {
    lines.push(request.split('\r\n')[0] ?? '')
    give(socket, Buffer.from('{}'))
  })
  for (const path of ['https://other.example/me', '//other.example/me']) await send(baseUrl, { ...me, path })
  t.same(lines, ['GET /https://other.example/me HTTP/1.1', 'GET /other.example/me HTTP/1.1'])
})

t.test('nobody there, and an answer that is not HTTP, are told by their codes', async (t) => {
  const closed = await listenRaw(t, (socket) => socket.destroy())
  await t.rejects(send(closed), { message: /\(ECONNRESET\)$/ })
  const other = await listenRaw(t, (socket) => socket.write('SSH-2.0-OpenSSH_9.6\r\n'))
  await t.rejects(send(other), { message: /\(HPE_INVALID_CONSTANT\)$/ })
})
