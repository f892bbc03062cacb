import { once } from 'node:events'
import { connect } from 'node:net'
import t from 'tap'
import { startApp } from '../support/app.ts'
import { jobKey } from '../support/keys.ts'
import { startRedis } from '../support/redis.ts'
import { callRaw } from './raw-call.ts'

const server = await startRedis(t)
const api = await startApp(t, server)

const body = JSON.stringify({ config: { access_token: 'token-of-a-test' }, streams: ['tags'] })
const countJobs = () => api.store.redis.keys('*:record').then((keys) => keys.length)

/** Without `Connection: close`, so that only the client's end tells that no other request follows. */
const halfClosed = { headers: [], halfClose: true }

t.test(
  'a plain request is answered although its client has closed its half, and then the connection ends',
  async (t) => {
    const jobId = await api.createJob()
    const worker = await api.work(jobId)
    await worker.commit(2)
    const calls = [
      ['GET /health/ready', 200],
      ['GET /docs/', 200],
      ['HEAD /v1/spec', 200],
      ['GET /nowhere', 404],
      [`GET /v1/jobs/${jobId}`, 200],
      // At once, as the job is: the client may have left.
      [`GET /v1/jobs/${jobId}?wait=50`, 200],
      [`GET /v1/jobs/${jobId}/messages?follow=false`, 200],
    ] as const
    for (const [call, status] of calls) {
      const answer = await callRaw(api.port, `${call} HTTP/1.1`, halfClosed)
      t.equal(answer.status, status, call)
      t.equal(answer.closed, 'end', call)
    }
    await worker.end()
    const { body: ended } = await callRaw(api.port, `GET /v1/jobs/${jobId}/messages HTTP/1.1`, halfClosed)
    t.ok(ended.toString().endsWith('\r\n0\r\n\r\n'), 'the whole log of a job that has ended')
  },
)

t.test('a job that a half-closed client starts is told to it', async (t) => {
  const before = await countJobs()
  const answer = await callRaw(api.port, 'POST /v1/jobs HTTP/1.1', { ...halfClosed, body })
  t.equal(answer.status, 202)
  t.match(JSON.parse(answer.body.toString()), { status: 'pending' })
  t.equal(await countJobs(), before + 1)
})

t.test('a live job is not made for a client that has left with its request', async (t) => {
  const before = await countJobs()
  for (const query of ['', '?detach=true']) {
    const answer = await callRaw(api.port, `POST /v1/jobs${query} HTTP/1.1`, {
      headers: ['Accept: application/x-ndjson'],
      halfClose: true,
      body,
    })
    t.equal(answer.status, 400)
    t.match(JSON.parse(answer.body.toString()), { code: 'half_closed' })
  }
  t.equal(await countJobs(), before)
})

t.test('nor is a job that runs followed for it', async (t) => {
  const answer = await callRaw(api.port, `GET /v1/jobs/${await api.createJob()}/messages HTTP/1.1`, halfClosed)
  t.equal(answer.status, 400)
  t.match(JSON.parse(answer.body.toString()), { code: 'half_closed' })
})

t.test('a reader that closes its half later leaves, and its job with it', async (t) => {
  const socket = connect({ port: api.port, host: '127.0.0.1', allowHalfOpen: true })
  const head = ['POST /v1/jobs?grace=0 HTTP/1.1', 'Host: localhost', 'Accept: application/x-ndjson']
  const ofBody = ['Content-Type: application/json', `Content-Length: ${body.length}`]
  socket.write([...head, ...ofBody, '', body].join('\r\n'))
  const [answer] = (await once(socket, 'data')) as [Buffer]
  const jobId = Number(/location: \/v1\/jobs\/(\d+)/i.exec(answer.toString())?.[1])
  socket.end()
  socket.resume()
  await once(socket, 'close')
  const job = await api.store.jobs.readWhenChanged('default', jobId, 60_000, AbortSignal.timeout(60_000))
  t.equal(job.status, 'cancelled')
  t.equal((await api.store.redis.hget(jobKey(jobId, 'record'), 'cancelReason')) ?? '', 'abandoned')
})

t.test('a check is answered to a client that has closed its half with the request', async (t) => {
  const config = JSON.stringify({ config: { access_token: 'token-of-a-test' } })
  const answer = await callRaw(api.port, 'POST /v1/check HTTP/1.1', { ...halfClosed, body: config })
  t.equal(answer.status, 503, 'nobody listens at the Intercom of this test')
  t.match(JSON.parse(answer.body.toString()), { code: 'intercom_unavailable' })
})
