import { Ajv2020 } from 'ajv/dist/2020.js'
import t from 'tap'
import { openDesk } from '../support/documents.ts'

interface Parameter {
  in: string
  name: string
  required?: boolean
  schema: Record<string, unknown>
}

interface Media {
  schema: object
  example?: unknown
  examples?: Record<string, { value: unknown }>
}

interface Operation {
  parameters?: Parameter[]
  requestBody?: { content: Record<string, Media> }
  responses: Record<string, { headers?: Record<string, { schema: object; description?: string }> }>
}

const desk = await openDesk(t, { contacts: 10, companies: 5 })
const document = (await (await fetch(`${desk.service}/openapi.json`)).json()) as {
  servers: { url: string }[]
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, object> }
}
const operations = Object.entries(document.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({ call: `${method} ${path}`, path, method, operation })),
)
const ajv = new Ajv2020({ strict: false, validateFormats: false })
const fits = (schema: object, value: unknown) =>
  ajv.compile({ ...schema, components: document.components })(value) || ajv.errorsText()

const json = { 'content-type': 'application/json' }

/** Every example of a request's body, with the call it belongs to. */
const examples = operations.flatMap(({ call, path, method, operation }) =>
  Object.values(operation.requestBody?.content ?? {}).flatMap(({ schema, example, examples = {} }) => {
    const values = [...(example === undefined ? [] : [example]), ...Object.values(examples).map(({ value }) => value)]
    return values.map((value) => ({ call, path, method, schema, value }))
  }),
)

/** Records are always those of one stream. */
const needed = ['get /v1/jobs/{jobId}/records stream']

t.test('a parameter that has a default may be left out, and one of a path may not', async (t) => {
  const parameters = operations.flatMap(({ call, operation }) =>
    (operation.parameters ?? []).map((parameter) => ({ call, ...parameter })),
  )
  const byDefault = parameters.filter(({ schema }) => 'default' in schema)
  t.ok(byDefault.length >= 9)
  for (const { call, name, required } of byDefault) t.notOk(required, `${call} ${name}`)
  for (const { call, name, in: place, required } of parameters)
    if (place === 'path' || needed.includes(`${call} ${name}`)) t.equal(required, true, `${call} ${name}`)
    else t.notOk(required, `${call} ${name}: no other call needs a query or a header`)
})

t.test('headers have schemas of their own', async (t) => {
  const headers = operations.flatMap(({ call, operation }) =>
    Object.values(operation.responses).flatMap(({ headers = {} }) =>
      Object.entries(headers).map(([name, header]) => ({ name: `${call} ${name}`, header })),
    ),
  )
  t.ok(headers.length >= 6)
  for (const { name, header } of headers) {
    t.match(header.schema, { type: 'string', schema: undefined }, name)
    t.ok(header.description, name)
  }
  t.ok(headers.some(({ name }) => name === 'get /v1/jobs/{jobId}/messages Job-Status'))
})

t.test('the document names servers, of which the first is the one that gave it', async (t) => {
  t.equal(new URL(document.servers[0]?.url ?? '', `${desk.service}/openapi.json`).href, `${desk.service}/`)
  t.ok(document.servers.length > 1)
})

t.test('config, catalog, streams and state are described, and not just named', async (t) => {
  const { schemas } = document.components
  t.match(schemas.SourceConfig, { required: ['access_token'], properties: { start_date: { type: 'string' } } })
  for (const name of ['Catalog', 'ConfiguredCatalog', 'StreamList', 'States']) t.ok(schemas[name], name)
  for (const call of ['post /v1/jobs', 'put /v1/connections/{connectionId}', 'post /v1/check', 'post /v1/discover']) {
    const body = operations.find((one) => one.call === call)?.operation.requestBody?.content['application/json']?.schema
    const { properties = {} } = body as { properties?: Record<string, object> }
    for (const [name, member] of Object.entries(properties))
      t.ok('$ref' in member || 'type' in member, `${call} ${name}`)
    t.match(properties.config, { $ref: '#/components/schemas/SourceConfig' }, call)
  }
})

t.test('every call with a body has an example, which fits its schema and runs as it is', async (t) => {
  const withBody = operations.filter(({ operation }) => operation.requestBody).map(({ call }) => call)
  t.same([...new Set(examples.map(({ call }) => call))].toSorted(), withBody.toSorted())
  await fetch(`${desk.service}/v1/connections/example`, {
    method: 'PUT',
    headers: json,
    body: JSON.stringify({ config: { access_token: 'simulator-token' } }),
  })
  const started = await fetch(`${desk.service}/v1/jobs`, {
    method: 'POST',
    headers: json,
    body: '{"connectionId":"example"}',
  })
  const { jobId } = (await started.json()) as { jobId: number }
  await (await fetch(`${desk.service}/v1/jobs/${jobId}/messages`)).arrayBuffer()
  for (const { call, path, method, schema, value } of examples) {
    t.equal(fits(schema, value), true, call)
    const place = path
      .replace('{connectionId}', 'example')
      .replace('{jobId}', String(jobId))
      .replace('{flowId}', 'A'.repeat(22))
    const response = await fetch(desk.service + place, {
      method: method.toUpperCase(),
      headers: json,
      body: JSON.stringify(value),
    })
    // Nobody can sign in at this service; with one where they can, `sign-in.test.ts` does.
    const isRight = call.includes('/oauth/') ? response.status === 501 : response.ok
    t.ok(isRight, `${call}: ${response.status} ${await response.text()}`)
  }
})

t.test('what the service answers fits the schema of what it takes', async (t) => {
  const { schemas = {} } = document.components
  const ask = async (path: string, method = 'GET') => (await fetch(desk.service + path, { method })).json()
  const catalog = (await ask('/v1/discover', 'POST')) as { catalog: object }
  t.equal(fits(schemas.Catalog ?? {}, catalog), true)
  t.equal(fits(schemas.Catalog ?? {}, catalog.catalog), true)
  const connection = (await ask('/v1/connections/example')) as { catalog: object; config: object }
  t.equal(fits(schemas.Catalog ?? {}, connection.catalog), true)
  t.equal(fits(schemas.SourceConfig ?? {}, connection.config), true)
  const { data } = (await ask('/v1/jobs')) as { data: { jobId: number; status: string }[] }
  const ended = data.find(({ status }) => status === 'succeeded')
  const states = (await ask(`/v1/jobs/${ended?.jobId}/state`)) as unknown[]
  t.ok(states.length > 0)
  t.equal(fits(schemas.States ?? {}, states), true)
})
