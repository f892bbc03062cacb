import t from 'tap'
import { startApp } from '../support/app.ts'
import { jobKey } from '../support/keys.ts'
import { startRedis } from '../support/redis.ts'
import { openStream } from './stream-client.ts'

const server = await startRedis(t)
const api = await startApp(t, server)

/** How the second caller comes to the job of the first. */
const ways = {
  'a repeated key': { query: '', key: true },
  'a connection that is joined': { query: '&onConflict=join', key: false },
}
type Way = keyof typeof ways

let made = 0

/** Posts as the first and as the second caller do, live or not. */
async function setUp(way: Way) {
  const connectionId = `c${++made}`
  const settings = { config: { access_token: 'x' }, streams: ['tags'] }
  const headers = {
    'content-type': 'application/json',
    ...(ways[way].key && { 'idempotency-key': `k${made}` }),
  }
  const put = { method: 'PUT', headers, body: JSON.stringify(settings) }
  await (await api.fetch(`/v1/connections/${connectionId}?validate=false`, put)).text()
  const body = JSON.stringify({ connectionId })
  const live = (query: string) =>
    openStream(`${api.url}/v1/jobs?${query}${ways[way].query}`, {
      method: 'POST',
      headers: { ...headers, accept: 'application/x-ndjson' },
      body,
    })
  const plain = async (query = '') => {
    const response = await api.fetch(`/v1/jobs?${query}${ways[way].query}`, { method: 'POST', headers, body })
    await response.text()
    return {
      status: response.status,
      location: response.headers.get('location'),
      older: response.headers.get('idempotent-replayed'),
    }
  }
  return { live, plain }
}

const jobIdOf = (location: string | null | undefined) => Number(location?.split('/').at(-1))
const graceOf = (jobId: number) => api.store.redis.hget(jobKey(jobId, 'record'), 'graceMs')
const statusOf = async (jobId: number) => (await api.store.jobs.read('default', jobId)).status

for (const way of Object.keys(ways) as Way[]) {
  t.test(`${way}: who asked for a job that needs no reader has one, though the first caller hangs up`, async (t) => {
    for (const second of ['202', 'detach']) {
      const { live, plain } = await setUp(way)
      const first = await live('grace=0')
      const jobId = jobIdOf(first.headers.location)
      if (second === '202') {
        const { status, location, older } = await plain()
        t.match({ status, older }, { status: 202, older: 'true' })
        t.equal(jobIdOf(location), jobId)
      } else {
        const detached = await live('detach=true')
        t.equal(jobIdOf(detached.headers.location), jobId)
        detached.leave()
      }
      first.leave()
      await first.finished
      t.equal(await graceOf(jobId), null)
      t.equal(await statusOf(jobId), 'pending')
    }
  })

  t.test(`${way}: the longest grace counts`, async (t) => {
    for (const [one, other] of [
      [5, 60],
      [60, 5],
    ]) {
      const { live } = await setUp(way)
      const first = await live(`grace=${one}`)
      const jobId = jobIdOf(first.headers.location)
      const second = await live(`grace=${other}`)
      t.equal(second.headers['idempotent-replayed'], 'true')
      t.equal(await graceOf(jobId), '60000')
      first.leave()
      second.leave()
    }
  })

  t.test(`${way}: a job that never needed a reader does not begin to`, async (t) => {
    const { live, plain } = await setUp(way)
    const { location, older } = await plain()
    t.equal(older, null)
    const second = await live('grace=0')
    t.equal(jobIdOf(second.headers.location), jobIdOf(location))
    second.leave()
    await second.finished
    t.equal(await graceOf(jobIdOf(location)), null)
    t.equal(await statusOf(jobIdOf(location)), 'pending')
  })
}
