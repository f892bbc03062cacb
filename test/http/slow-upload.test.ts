import { once } from 'node:events'
import { connect } from 'node:net'
import t from 'tap'
import { startApp } from '../support/app.ts'
import { startRedis } from '../support/redis.ts'

const server = await startRedis(t)
const api = await startApp(t, server, { limits: { requestTimeoutMs: 300, requestTimeoutCheckMs: 50 } })

for (const [what, bytes] of [
  ['headers', 'POST /v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Ty'],
  [
    'a body',
    'POST /v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"con',
  ],
] as const) {
  t.test(`a client that never finishes ${what} is answered 408 and let go`, async (t) => {
    const socket = connect(api.port, '127.0.0.1')
    const pieces: Buffer[] = []
    socket.on('data', (piece) => pieces.push(piece))
    socket.write(bytes)
    await once(socket, 'close')
    const answer = Buffer.concat(pieces).toString()
    t.match(answer, /^HTTP\/1\.1 408 /)
    t.match(answer, /application\/problem\+json/)
    t.match(answer, /"code":"request_timeout"/)
  })
}

t.test('a message stream may last longer than a request may take', async (t) => {
  const jobId = await api.createJob()
  const slow = connect(api.port, '127.0.0.1')
  const pieces: Buffer[] = []
  slow.on('data', (piece) => pieces.push(piece))
  slow.write(`GET /v1/jobs/${jobId}/messages HTTP/1.1\r\nHost: localhost\r\n\r\n`)
  // The server's own timeout, met by the other connection, is what shows that the time has passed.
  const late = connect(api.port, '127.0.0.1')
  late.resume()
  late.write('GET /')
  await once(late, 'close')
  const worker = await api.work(jobId)
  await worker.commit(1)
  await worker.end()
  while (!Buffer.concat(pieces).toString().endsWith('0\r\nJob-Status: failed\r\n\r\n')) await once(slow, 'data')
  t.match(Buffer.concat(pieces).toString(), /^HTTP\/1\.1 200 /)
  slow.destroy()
})
