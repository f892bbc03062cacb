// A program as users write it: everything it knows of the service is in the types that were generated from openapi.yaml.
// `test/http/typescript-client.test.ts` generates them beside it, checks the types, and runs it: sync.js URL KEY
import createClient from 'openapi-fetch'
import type { components, paths } from './schema.js'

type Job = components['schemas']['Job']

const [baseUrl = '', key = ''] = process.argv.slice(2)
const client = createClient<paths>({ baseUrl, headers: { authorization: `Bearer ${key}` } })
const config = { access_token: 'simulator-token', start_date: '2015-01-01T00:00:00Z' }

/** The body of an answer; a problem ends the program. */
function expect<Data>({ data, error }: { data?: Data; error?: { code: string; detail: string } }): Data {
  if (data === undefined) throw new Error(`${error?.code}: ${error?.detail}`)
  return data
}

/** Starting a job answers with the job, or with its messages if they are asked for. */
function expectJob(answer: { data?: Job | string; error?: { code: string; detail: string } }): Job {
  const job = expect(answer)
  if (typeof job === 'string') throw new Error('messages came in place of the job')
  return job
}

const check = expect(await client.POST('/v1/check', { body: { config, streams: ['contacts'] } }))
if (check.connectionStatus.status !== 'SUCCEEDED') throw new Error(check.connectionStatus.message)

const catalog = expect(await client.POST('/v1/discover', { body: { config } }))
const path = { connectionId: 'typed' }
const body = { config, catalog }
const kept = expect(await client.PUT('/v1/connections/{connectionId}', { params: { path }, body }))

// Create ...
let job = expectJob(await client.POST('/v1/jobs', { body: { connectionId: path.connectionId } }))

// ... poll ...
while (job.status === 'pending' || job.status === 'running' || job.status === 'incomplete') {
  const params = { path: { jobId: job.jobId }, query: { wait: 60, epoch: job.logEpoch } }
  job = expect(await client.GET('/v1/jobs/{jobId}', { params }))
}

// ... stream ...
const messages = await client.GET('/v1/jobs/{jobId}/messages', {
  params: { path: { jobId: job.jobId }, query: { after: 0, follow: true } },
  headers: { accept: 'application/x-ndjson' },
  parseAs: 'stream',
})
let lines = 0
let records = 0
let rest = ''
const decoder = new TextDecoder()
for await (const piece of expect(messages) as AsyncIterable<Uint8Array>) {
  const parts = (rest + decoder.decode(piece, { stream: true })).split('\n')
  rest = parts.pop() ?? ''
  lines += parts.length
  records += parts.filter((line) => JSON.parse(line).type === 'RECORD').length
}

// ... and acknowledge.
const acknowledged = expect(
  await client.POST('/v1/jobs/{jobId}/ack', {
    params: { path: { jobId: job.jobId }, query: { epoch: job.logEpoch } },
    body: { offset: lines },
  }),
)
const states = expect(await client.GET('/v1/connections/{connectionId}/state', { params: { path } }))

// What a call gives, another takes: by the types, too.
const next = await client.POST('/v1/jobs', {
  body: { config, streams: ['contacts', { name: 'tags', syncMode: 'full_refresh' }], state: states },
  headers: { 'idempotency-key': 'typed' },
})
const whole = expect(await client.GET('/v1/connections/{connectionId}', { params: { path } }))
const again = await client.PUT('/v1/connections/{connectionId}', {
  params: { path, query: { include: 'catalog' } },
  body: { config: { ...config, ...whole.config }, ...(whole.catalog && { catalog: whole.catalog }) },
})
const { error: refusal } = await client.GET('/v1/jobs/{jobId}', { params: { path: { jobId: 1 } } })

console.log(
  JSON.stringify({
    status: job.status,
    jobStatus: messages.response.headers.get('job-status'),
    rowsSynced: job.rowsSynced,
    messageCount: job.messageCount,
    streams: kept.streams?.length,
    lines,
    records,
    acknowledged: acknowledged.offset,
    states: states.map(({ stream }) => stream.stream_descriptor.name),
    isAnother: expectJob(next).jobId !== job.jobId,
    again: expect(again).catalog?.streams.length,
    refusal: refusal?.code,
  }),
)
