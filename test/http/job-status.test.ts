import t from 'tap'
import { startApp } from '../support/app.ts'
import { startRedis } from '../support/redis.ts'
import { callRaw } from './raw-call.ts'
import { openStream } from './stream-client.ts'

const server = await startRedis(t)
const api = await startApp(t, server)

const messagesOf = (jobId: number, query = '') => `${api.url}/v1/jobs/${jobId}/messages${query}`

/** A job succeeds only with all streams complete. */
const statusOfStream = (status: string) => (status === 'succeeded' ? 'COMPLETE' : 'RUNNING')

async function endedJob(status: 'succeeded' | 'failed' | 'cancelled'): Promise<number> {
  const jobId = await api.createJob()
  if (status === 'cancelled') {
    t.equal((await api.fetch(`/v1/jobs/${jobId}`, { method: 'DELETE' })).status, 200)
    return jobId
  }
  const worker = await api.work(jobId)
  await worker.commit(2, statusOfStream(status))
  await worker.end(status)
  return jobId
}

for (const status of ['succeeded', 'failed', 'cancelled'] as const) {
  t.test(`the messages of a job that has ${status} say so in a header`, async (t) => {
    const jobId = await endedJob(status)
    for (const query of ['', '?follow=false']) {
      const reader = await openStream(messagesOf(jobId, query))
      t.equal(await reader.finished, 'end')
      t.equal(reader.headers['job-status'], status, query)
      t.equal(reader.headers.trailer, undefined)
      t.same(reader.response.trailers, {})
    }
  })
}

for (const status of ['succeeded', 'failed'] as const) {
  t.test(`a body that is followed until its job has ${status} says so in a trailer`, async (t) => {
    const live = await openStream(`${api.url}/v1/jobs`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/x-ndjson' },
      body: JSON.stringify({ config: { access_token: 'token-of-a-test' }, streams: ['tags'] }),
    })
    const jobId = Number(live.headers.location?.split('/').at(-1))
    const reader = await openStream(messagesOf(jobId))
    const worker = await api.work(jobId)
    await worker.commit(1, statusOfStream(status))
    await worker.end(status)
    for (const { headers, response, finished } of [live, reader]) {
      t.equal(await finished, 'end')
      t.equal(headers.trailer, 'Job-Status')
      t.equal(headers['job-status'], undefined, 'nobody knew it at the start')
      t.same(response.trailers, { 'job-status': status })
    }
  })
}

t.test('without follow the messages of a running job tell of no end', async (t) => {
  const jobId = await api.createJob()
  await (await api.work(jobId)).commit(2)
  const reader = await openStream(messagesOf(jobId, '?follow=false'))
  t.equal(await reader.finished, 'end')
  t.equal(reader.headers['job-status'], undefined)
  t.equal(reader.headers.trailer, undefined)
})

t.test('a body that is cut has no trailer, though it was announced', async (t) => {
  const closing = await startApp(t, server, { keys: api.store.keys })
  const jobId = await closing.createJob()
  await (await closing.work(jobId)).commit(2)
  const reader = await openStream(`${closing.url}/v1/jobs/${jobId}/messages`)
  await reader.until((text) => text.endsWith('\n'))
  closing.closing.abort()
  t.equal(await reader.finished, 'cut')
  t.equal(reader.headers.trailer, 'Job-Status')
  t.same(reader.response.trailers, {})
})

t.test('HTTP/1.0, which knows no trailers, gets messages only of jobs whose end is known', async (t) => {
  const jobId = await endedJob('failed')
  const answer = await callRaw(api.port, `GET /v1/jobs/${jobId}/messages HTTP/1.0`)
  t.equal(answer.status, 200)
  t.equal(answer.headers.get('job-status'), 'failed')
  t.equal(answer.headers.has('trailer'), false)
})
