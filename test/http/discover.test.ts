import { Ajv } from 'ajv'
import t from 'tap'
import { protocolFault } from '../../simulator/oracle/protocol.ts'
import type { CatalogMessage } from '../../src/airbyte/connector-messages.ts'
import { startApp } from '../support/app.ts'
import { listenSimulator } from '../support/listening-simulator.ts'
import { startRedis } from '../support/redis.ts'

const server = await startRedis(t)
const intercom = await listenSimulator(t, {
  contacts: 3,
  companies: 3,
  conversations: 3,
  accessTokens: { 'simulator-token': [], 'token-without-users': ['read_users'] },
})
const api = await startApp(t, server, { intercomBaseUrl: intercom.url })

const discover = (body?: object) =>
  api.fetch('/v1/discover', {
    method: 'POST',
    ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  })

async function catalogOf(response: Response): Promise<CatalogMessage['catalog']['streams']> {
  const message = (await response.json()) as CatalogMessage
  const fault = response.status === 200 ? protocolFault(message) : `status ${response.status}`
  if (fault) throw new Error(`${fault}: ${JSON.stringify(message)}`)
  return message.catalog.streams
}

interface Schema {
  type?: string | string[]
  properties?: Record<string, Schema>
  additionalProperties?: boolean
  [keyword: string]: unknown
}

const attributesOf = (streams: CatalogMessage['catalog']['streams'], name: string): Schema | undefined => {
  const schema = streams.find((stream) => stream.name === name)?.json_schema as Schema | undefined
  return schema?.properties?.custom_attributes
}

/** Where Intercom writes times as texts, always or sometimes. */
const textTimes: Readonly<Record<string, string[]>> = { macros: ['string'], calls: ['string'] }

t.test("without a config every stream is listed, as Airbyte's acceptance tests ask, and Intercom is not", async (t) => {
  const before = intercom.requests.totals.requests
  const streams = await catalogOf(await discover())
  t.same(await catalogOf(await discover({})), streams)
  t.equal(intercom.requests.totals.requests, before)
  for (const name of ['contacts', 'tags', 'articles']) t.ok(streams.some((stream) => stream.name === name))
  t.equal(new Set(streams.map(({ name }) => name)).size, streams.length)
  const ajv = new Ajv({ strict: false, validateFormats: false })
  for (const stream of streams) {
    const { name, json_schema: schema, default_cursor_field: cursor, source_defined_primary_key: key } = stream
    t.ok(ajv.validateSchema(schema), name)
    t.notMatch(JSON.stringify(schema), /"(\$ref|allOf|not)":|"additionalProperties":false/, name)
    const { properties = {} } = schema as Schema
    t.ok(key.length > 0, name)
    for (const path of key) t.notMatch(properties[path.join('.')]?.type, /object|array/, `${name} ${path}`)
    const isIncremental = stream.supported_sync_modes.includes('incremental')
    t.ok(stream.supported_sync_modes.includes('full_refresh'), name)
    t.same([stream.source_defined_cursor === true, stream.is_resumable], [isIncremental, isIncremental], name)
    t.equal(cursor !== undefined, isIncremental, name)
    if (cursor) t.same(properties[cursor.join('.')]?.type, ['null', ...(textTimes[name] ?? ['integer'])], name)
  }
})

t.test('a catalog that was discovered can be posted as it is', async (t) => {
  const message = await (await discover()).json()
  const response = await api.fetch('/v1/jobs', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ config: { access_token: 'simulator-token' }, catalog: message }),
  })
  t.equal(response.status, 202)
})

t.test('with a config the custom attributes have the types the workspace gives them', async (t) => {
  for (const version of ['2.15', '2.16']) {
    const streams = await catalogOf(
      await discover({ config: { access_token: 'simulator-token', api_version: version } }),
    )
    t.match(
      attributesOf(streams, 'contacts'),
      {
        type: ['null', 'object'],
        additionalProperties: true,
        properties: { renewal_at: { type: ['null', 'integer'] }, 'plan.tier': {} },
      },
      version,
    )
    // Built-in attributes are members of the record, not custom ones.
    t.notOk(attributesOf(streams, 'contacts')?.properties?.email)
    for (const name of ['companies', 'conversations']) {
      if (!streams.some((stream) => stream.name === name)) continue
      t.ok(Object.keys(attributesOf(streams, name)?.properties ?? {}).length > 0, `${name} ${version}`)
    }
  }
})

t.test('without the permission for their definitions the custom attributes stay open', async (t) => {
  const streams = await catalogOf(await discover({ config: { access_token: 'token-without-users' } }))
  t.same(attributesOf(streams, 'contacts'), { type: ['null', 'object'], additionalProperties: true })
})

t.test('a bad token and a bad config are told as problems', async (t) => {
  const token = await discover({ config: { access_token: 'no-such-token' } })
  t.equal(token.status, 400)
  t.match(await token.json(), { code: 'token_invalid', detail: /access_token/ })
  const config = await discover({
    config: { access_token: 'simulator-token', start_date: 'yesterday', region: 'mars' },
  })
  t.equal(config.status, 400)
  t.match(await config.json(), {
    code: 'invalid_request',
    errors: [{ pointer: '/config/start_date' }, { pointer: '/config/region' }],
  })
  const body = await discover({ confg: {} })
  t.match(await body.json(), { code: 'invalid_request', errors: [{ pointer: '/confg' }] })
})
