import t from 'tap'
import { startApp } from '../support/app.ts'
import { startRedis } from '../support/redis.ts'
import { openStream } from './stream-client.ts'

const server = await startRedis(t)
const api = await startApp(t, server)
const body = JSON.stringify({ config: { access_token: 'token-of-a-test' }, streams: ['tags'] })
const [json, ndjson, problem] = ['application/json; charset=utf-8', 'application/x-ndjson', 'application/problem+json']

/** By `Accept` header: the type of the answer to a call that can give the job, or its messages. */
const chosen: [accept: string | undefined, type: string][] = [
  [undefined, json],
  ['', json],
  ['*/*', json],
  ['application/json, text/plain, */*', json],
  ['application/x-ndjson', ndjson],
  ['Application/X-NDJSON', ndjson],
  ['application/x-ndjson; charset=utf-8', ndjson],
  ['application/*;q=0.5, application/x-ndjson', ndjson],
  ['application/json;q=0, */*', ndjson],
  ['application/x-ndjson, application/json', ndjson],
  ['application/json, application/x-ndjson', json],
  ['application/json;version=2, application/x-ndjson;q=0.1', ndjson],
  ['text/csv;note="of, application/json, or not"', problem],
  ['application/json;q=0', problem],
  ['json', problem],
  [',;q', problem],
]

for (const [accept, type] of chosen) {
  t.test(`Accept: ${accept ?? 'left out'} gets ${type}`, async (t) => {
    const headers = { 'content-type': 'application/json', ...(accept !== undefined && { accept }) }
    const call = await openStream(`${api.url}/v1/jobs?grace=0`, { method: 'POST', headers, body })
    t.equal(call.headers['content-type'], type)
    t.equal(call.status, type === problem ? 406 : type === json ? 202 : 200)
    call.leave()
  })
}
