import { once } from 'node:events'
import { type ClientRequest, type IncomingMessage, request } from 'node:http'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { startApp } from '../support/app.ts'
import { startRedis } from '../support/redis.ts'

const server = await startRedis(t)
const large = 1024 * 1024
const api = await startApp(t, server, { limits: { heldBodyBytes: 2 * large, requestsPerMinute: 1_000_000 } })

/** A job with a state that is as long as some are. */
const largeBody = `{"config": {"access_token": "x"}, "streams": ["tags"], "state": [${' '.repeat(large - 70)}]}`

/** The beginning of a job with a large body, whose rest is not sent yet. */
function beginJob(headers: Record<string, string | number>): ClientRequest {
  const call = request(`${api.url}/v1/jobs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
  })
  call.on('error', () => undefined)
  call.write('{"config": {"access_token": "x"}, "streams": ["tags"],')
  return call
}

async function answerTo(call: ClientRequest): Promise<[IncomingMessage, { code?: string; detail?: string }]> {
  const [answer] = (await once(call, 'response')) as [IncomingMessage]
  return [answer, JSON.parse(await text(answer))]
}

const wholeJob = () =>
  api.fetch('/v1/jobs', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: largeBody,
  })

/** Asks until the service has begun to read, or has noticed that a caller has left. */
async function untilStatus(wanted: number): Promise<Response> {
  for (;;) {
    const answer = await wholeJob()
    if (answer.status === wanted) return answer
    await answer.text()
  }
}

t.test('large bodies that are held at once have a bound, and small ones are served beside them', async (t) => {
  const first = beginJob({ 'content-length': large })
  const second = beginJob({ 'content-length': large })
  const refused = await untilStatus(503)
  t.equal(refused.headers.get('retry-after'), '5')
  t.match(await refused.json(), { code: 'overloaded', detail: /holds 2097152 bytes of large bodies/ })

  const [answer, problem] = await answerTo(beginJob({ 'transfer-encoding': 'chunked' }))
  t.match([answer.statusCode, problem.code], [503, 'overloaded'], 'nobody knows how long this one gets')
  const small = await api.fetch('/v1/jobs', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"config": {"access_token": "x"}, "streams": ["tags"]}',
  })
  t.equal(small.status, 202)

  first.destroy()
  t.equal((await untilStatus(202)).status, 202, 'one that breaks off leaves its room to others')
  second.destroy()
})

t.test('a job that is followed holds its body no longer than until its messages come', async (t) => {
  const follow = () =>
    api.fetch('/v1/jobs', {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/x-ndjson' },
      body: largeBody,
    })
  const followed: Response[] = []
  for (let place = 0; place < 4; place++) followed.push(await follow())
  t.same(
    followed.map(({ status }) => status),
    [200, 200, 200, 200],
  )
  for (const { body } of followed) await body?.cancel()
})
