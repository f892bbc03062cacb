import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import t from 'tap'
import { exportOpenApi } from '../../src/http/service/openapi.ts'
import { digestKey } from '../../src/store/secrets/api-key.ts'
import { startApp } from '../support/app.ts'
import { startRedis } from '../support/redis.ts'

interface Operation {
  operationId?: string
  summary?: string
  description?: string
  security?: unknown
  responses: Record<string, { description?: string; content?: Record<string, { schema: object }> }>
}

interface Document {
  openapi: string
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, object> }
}

const server = await startRedis(t)
const api = await startApp(t, server)
const document = (await (await api.fetch('/openapi.json')).json()) as Document

const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
)

t.test('the document lists every call with an id, a summary and the problems it can answer with', async (t) => {
  t.match(document.openapi, /^3\.1/)
  t.same(operations.map(({ path, method }) => `${method} ${path}`).sort(), [
    'delete /v1/connections/{connectionId}',
    'delete /v1/connections/{connectionId}/state',
    'delete /v1/jobs/{jobId}',
    'delete /v1/jobs/{jobId}/messages',
    'get /',
    'get /health/live',
    'get /health/ready',
    'get /metrics',
    'get /openapi.json',
    'get /v1/connections',
    'get /v1/connections/{connectionId}',
    'get /v1/connections/{connectionId}/deliveries',
    'get /v1/connections/{connectionId}/state',
    'get /v1/jobs',
    'get /v1/jobs/{jobId}',
    'get /v1/jobs/{jobId}/messages',
    'get /v1/jobs/{jobId}/records',
    'get /v1/jobs/{jobId}/state',
    'get /v1/oauth/callback',
    'get /v1/oauth/flows/{flowId}',
    'get /v1/spec',
    'get /v1/streams',
    'patch /v1/connections/{connectionId}',
    'post /v1/check',
    'post /v1/connections/{connectionId}/clone',
    'post /v1/connections/{connectionId}/deliveries/{deliveryId}/retry',
    'post /v1/connections/{connectionId}/diff',
    'post /v1/connections/{connectionId}/pause',
    'post /v1/connections/{connectionId}/refresh',
    'post /v1/connections/{connectionId}/resume',
    'post /v1/connections/{connectionId}/webhooks/test',
    'post /v1/discover',
    'post /v1/estimate',
    'post /v1/jobs',
    'post /v1/jobs/{jobId}/ack',
    'post /v1/oauth/flows',
    'post /v1/oauth/flows/{flowId}/confirm',
    'post /v1/webhooks/test',
    'put /v1/connections/{connectionId}',
    'put /v1/connections/{connectionId}/state',
  ])
  t.equal(new Set(operations.map(({ operation }) => operation.operationId)).size, operations.length)
  for (const { path, operation } of operations) {
    t.ok(operation.operationId && operation.summary, path)
    // A browser comes there from Intercom, without a key.
    if (!path.startsWith('/v1/') || path === '/v1/oauth/callback') {
      t.same(operation.security, [], path)
      continue
    }
    t.same(operation.security, [{ apiKey: [] }], path)
    for (const status of [400, 401, 429, 500, 503]) t.ok(operation.responses[status], `${path} ${status}`)
  }
})

t.test('each schema of a response is a JSON Schema', async (t) => {
  const ajv = new Ajv2020({ strict: false })
  const schemas = [
    ...Object.values(document.components.schemas),
    ...operations.flatMap(({ operation }) =>
      Object.values(operation.responses).flatMap(({ content = {} }) =>
        Object.values(content).map(({ schema }) => schema),
      ),
    ),
  ]
  t.ok(schemas.length > 20)
  for (const schema of schemas) t.ok(ajv.validateSchema(schema), ajv.errorsText())
})

const json = { 'content-type': 'application/json' }
const newJob = (config: object) => ({
  method: 'POST',
  headers: json,
  body: JSON.stringify({ config, streams: ['tags'] }),
})

// Every response of every test is held against the document as it is sent (test/support/documented-responses.ts);
// these are the ones that no other test meets.
t.test('answers are what the document says', async (t) => {
  const jobId = await api.createJob()
  const worker = await api.work(jobId)
  await worker.commit(2)
  const failed = await api.createJob()
  await (await api.work(failed)).end('failed')
  const calls: [status: number, path: string, options?: RequestInit][] = [
    [202, '/v1/jobs', newJob({ access_token: 'token-of-a-test' })],
    [200, `/v1/jobs/${jobId}`],
    [200, `/v1/jobs/${failed}`],
    [200, `/v1/jobs/${jobId}`, { method: 'DELETE' }],
    [409, `/v1/jobs/${failed}`, { method: 'DELETE' }],
  ]
  for (const [status, path, options] of calls) t.equal((await api.fetch(path, options)).status, status, path)
  const closed = await startApp(t, server, { apiKeys: [{ tenant: 'acme', digest: digestKey('a') }] })
  for (const { path, method } of operations.filter(
    ({ path }) => path.startsWith('/v1/') && path !== '/v1/oauth/callback',
  )) {
    const response = await closed.fetch(path.replaceAll(/\{\w+\}/g, '1'), { method: method.toUpperCase() })
    t.equal(response.status, 401, `${method} ${path}`)
  }
})

t.test('openapi.yaml is what the routes say: npm run openapi', async (t) => {
  const written = readFileSync(join(process.cwd(), 'openapi.yaml'), 'utf8')
  t.equal(await exportOpenApi(), written)
})

t.test('the page of the documentation can be read', async (t) => {
  const response = await api.fetch('/docs/')
  t.equal(response.status, 200)
  t.match(response.headers.get('content-type'), 'text/html')
  const page = await response.text()
  t.match(page, /<title>intercom-sync/)
  const icon = /<link rel="icon"[^>]*href="([^"]+)"/.exec(page)?.[1] ?? ''
  t.equal((await fetch(new URL(icon, `${api.url}/docs/`))).status, 200)
  // By plain http a browser would ask for the scripts by https, and get none.
  t.match(response.headers.get('content-security-policy'), /script-src 'self' *;/)
  t.notMatch(response.headers.get('content-security-policy'), /upgrade-insecure-requests|swagger\.io/)
  const shown = await api.fetch('/docs/json')
  t.same(await shown.json(), document)
})
