import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import t from 'tap'
import { digestKey } from '../../src/store/api-key.ts'
import { startApp } from '../support/app.ts'
import { startRedis } from '../support/redis.ts'

interface Operation {
  operationId?: string
  summary?: string
  security?: unknown
  responses: Record<string, { content?: Record<string, { schema: object }>; headers?: object }>
}

interface Document {
  openapi: string
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, object> }
}

const server = await startRedis(t)
const api = await startApp(t, server)
const document = (await (await api.fetch('/openapi.json')).json()) as Document

/** Checks an answer's body against what the document says of the operation, the status and the media type. */
function validatorFor(operation: Operation, status: number, mediaType: string): ValidateFunction {
  const schema = operation.responses[status]?.content?.[mediaType]?.schema
  if (!schema) throw new Error(`${operation.operationId} does not declare ${status} ${mediaType}`)
  const ajv = new Ajv2020({
    strict: false,
    formats: { 'date-time': (text: string) => !Number.isNaN(Date.parse(text)) },
  })
  return ajv.compile({ ...schema, components: document.components })
}

const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
)

t.test('the document lists every call with an id, a summary and the problems it can answer with', async (t) => {
  t.match(document.openapi, /^3\.1/)
  t.same(operations.map(({ path, method }) => `${method} ${path}`).sort(), [
    'delete /v1/jobs/{jobId}',
    'get /health/live',
    'get /health/ready',
    'get /openapi.json',
    'get /v1/jobs/{jobId}',
    'get /v1/jobs/{jobId}/messages',
    'post /v1/jobs',
  ])
  t.equal(new Set(operations.map(({ operation }) => operation.operationId)).size, operations.length)
  for (const { path, operation } of operations) {
    t.ok(operation.operationId && operation.summary, path)
    if (!path.startsWith('/v1/')) continue
    t.same(operation.security, [{ apiKey: [] }], path)
    for (const status of [400, 401, 429, 500, 503]) t.ok(operation.responses[status], `${path} ${status}`)
  }
})

const json = { 'content-type': 'application/json' }
const newJob = (config: object) => ({
  method: 'POST',
  headers: json,
  body: JSON.stringify({ config, streams: ['tags'] }),
})

t.test('answers are what the document says', async (t) => {
  const jobId = await api.createJob()
  const worker = await api.work(jobId)
  await worker.commit(2)
  const failed = await api.createJob()
  await (await api.work(failed)).end('failed')
  const gone = 999_999
  const calls: [operationId: string, status: number, path: string, options?: RequestInit][] = [
    ['createJob', 202, '/v1/jobs', newJob({ access_token: 'token-of-a-test' })],
    ['createJob', 400, '/v1/jobs', { ...newJob({}), body: '{"no":1}' }],
    ['createJob', 400, '/v1/jobs', { ...newJob({}), body: '{' }],
    ['createJob', 406, '/v1/jobs', { ...newJob({}), headers: { ...json, accept: 'text/csv' } }],
    ['createJob', 415, '/v1/jobs', { ...newJob({}), headers: { 'content-type': 'text/plain' } }],
    ['getJob', 200, `/v1/jobs/${jobId}`],
    ['getJob', 200, `/v1/jobs/${failed}`],
    ['getJob', 404, `/v1/jobs/${gone}`],
    ['getJob', 400, `/v1/jobs/${jobId}?wait=x`],
    ['readMessages', 404, `/v1/jobs/${gone}/messages`],
    ['readMessages', 409, `/v1/jobs/${jobId}/messages?epoch=other`],
    ['readMessages', 416, `/v1/jobs/${jobId}/messages?after=99`],
    ['cancelJob', 200, `/v1/jobs/${jobId}`, { method: 'DELETE' }],
    ['cancelJob', 409, `/v1/jobs/${failed}`, { method: 'DELETE' }],
    ['isLive', 200, '/health/live'],
    ['isReady', 200, '/health/ready'],
  ]
  for (const [operationId, status, path, options] of calls) {
    const operation = operations.find((candidate) => candidate.operation.operationId === operationId)?.operation
    const response = await api.fetch(path, options)
    t.equal(response.status, status, `${operationId} ${path}`)
    const [mediaType = ''] = response.headers.get('content-type')?.split(';') ?? []
    if (!operation) throw new Error(`no ${operationId}`)
    const validate = validatorFor(operation, status, mediaType)
    t.ok(validate(await response.json()), `${operationId} ${status} ${JSON.stringify(validate.errors)}`)
  }
  const closed = await startApp(t, server, { apiKeys: [{ tenant: 'acme', digest: digestKey('a') }] })
  for (const { path, method, operation } of operations.filter(({ path }) => path.startsWith('/v1/'))) {
    const response = await closed.fetch(path.replace('{jobId}', '1'), { method: method.toUpperCase() })
    t.equal(response.status, 401)
    const validate = validatorFor(operation, 401, 'application/problem+json')
    t.ok(validate(await response.json()), `${operation.operationId} 401`)
  }
})

t.test('the page of the documentation can be read', async (t) => {
  const response = await api.fetch('/docs/')
  t.equal(response.status, 200)
  t.match(response.headers.get('content-type'), 'text/html')
  t.match(await response.text(), /swagger/i)
  const shown = await api.fetch('/docs/json')
  t.same(await shown.json(), document)
})
