import { readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import t from 'tap'
import { protocolFault } from '../../simulator/oracle/protocol.ts'
import { readSourceConfig } from '../../src/airbyte/source-config.ts'
import type { Fault } from '../../src/errors.ts'
import { startApp } from '../support/app.ts'
import { startRedis } from '../support/redis.ts'

interface Property {
  title?: string
  description?: string
  type: string
  order: number
  enum?: string[]
  pattern?: string
  minimum?: number
  maximum?: number
  default?: unknown
  examples?: unknown[]
  airbyte_secret?: boolean
  format?: string
}

const server = await startRedis(t)
const api = await startApp(t, server)
const message = (await (await api.fetch('/v1/spec')).json()) as {
  spec: {
    documentationUrl: string
    connectionSpecification: { properties: Record<string, Property>; [keyword: string]: unknown }
    advanced_auth: { auth_flow_type: string; oauth_config_specification: Record<string, unknown> }
    [member: string]: unknown
  }
}
const { spec } = message
const { properties } = spec.connectionSpecification
const validate = new Ajv({ strict: false, validateFormats: false }).compile(spec.connectionSpecification)
const token = { access_token: 'dG9rOm9mX2FfdGVzdA==' }

t.test('the spec is one SPEC message that Airbyte takes', async (t) => {
  t.equal(protocolFault(message), undefined)
  t.match(spec, { protocol_version: '0.2.0', supported_destination_sync_modes: [] })
  t.match(spec.connectionSpecification, { type: 'object', additionalProperties: true })
})

t.test("the spec keeps to what Airbyte's acceptance tests ask of one", async (t) => {
  const forbidden = /"(\$ref|not|anyOf|allOf|oneOf|patternProperties|prefixItems|if|then|else|dependent\w+)":/
  t.notMatch(JSON.stringify(spec.connectionSpecification), forbidden)
  t.same(
    Object.values(properties).map(({ order }) => order),
    Object.keys(properties).map((_, index) => index),
  )
  for (const [name, property] of Object.entries(properties)) {
    t.match(property.type, /^(string|integer|boolean)$/, name)
    t.ok(property.title && property.description, name)
    t.equal(new Set(property.enum).size, property.enum?.length ?? 0, name)
    if (property.format === 'date-time') t.ok(property.pattern, name)
  }
  const isSecret = Object.keys(properties).filter((name) => properties[name]?.airbyte_secret)
  t.same(isSecret, ['access_token', 'client_id', 'client_secret', 'service_api_key'])
})

t.test('the form leads to documents of ours, has a title for people, and signs them in at Intercom', async (t) => {
  const { homepage } = JSON.parse(readFileSync('package.json', 'utf8')) as { homepage: string }
  t.equal(spec.documentationUrl, homepage)
  t.match(new URL(spec.documentationUrl), { protocol: 'https:', pathname: /intercom-sync/ })
  t.equal(spec.connectionSpecification.title, 'Connect to Intercom')
  const { auth_flow_type, oauth_config_specification: oauth } = spec.advanced_auth
  t.equal(auth_flow_type, 'oauth2.0')
  t.match(oauth, {
    oauth_connector_input_specification: {
      consent_url: /^https:\/\/app\.intercom\.com\/oauth\?\{\{client_id_param\}\}.*\{\{state_param\}\}$/,
      access_token_url: 'https://api.intercom.io/auth/eagle/token',
      extract_output: ['access_token'],
    },
  })
  const filledIn = [...JSON.stringify(oauth).matchAll(/"path_in_connector_config":\["(\w+)"\]/g)].map(
    ([, name]) => name,
  )
  t.same(filledIn, ['access_token', 'client_id', 'client_secret'])
  t.same(
    filledIn.filter((name) => !properties[name ?? '']?.airbyte_secret),
    [],
    'each is a secret member of the config',
  )
})

t.test(
  'a form shows the access token at first sight, and takes a connection of the service in its place',
  async (t) => {
    t.match(properties.access_token, { always_show: true })
    t.notOk('required' in spec.connectionSpecification)
    t.ok(validate({ service_url: 'https://intercom-sync.example.com', connection_id: 'mine' }))
  },
)

t.test("configs of Airbyte's own connector are valid as they are", async (t) => {
  const config = {
    ...token,
    client_id: 'an id',
    client_secret: 'a secret',
    activity_logs_time_step: 30,
    lookback_window: 60,
    start_date: '2020-11-16T00:00:00Z',
    num_workers: 40,
    api_rate_limit: 142_500,
  }
  t.ok(validate(config), JSON.stringify(validate.errors))
  t.match(Object.keys(properties).slice(0, 8).toSorted(), Object.keys(config).toSorted())
})

/** A value of each member at, and just beyond, what the spec allows. */
const edges = Object.entries(properties).flatMap(([name, property]): [name: string, value: unknown][] => {
  const wrongType: unknown[] = [{}, property.type === 'string' ? 5 : 'x']
  const limits =
    property.minimum === undefined || property.maximum === undefined
      ? []
      : [property.minimum, property.minimum - 1, property.maximum, property.maximum + 1, property.minimum + 0.5]
  const known = [...(property.enum ?? []), ...(property.examples ?? []), property.default].filter(
    (value) => value !== undefined,
  )
  return [...wrongType, ...limits, ...known, 'no such'].map((value) => [name, value])
})

t.test('a config is valid to the service exactly when it is valid to the spec', async (t) => {
  const verdicts = edges.map(([name, value]) => {
    const config = { ...token, [name]: value }
    const faults: Fault[] = []
    readSourceConfig(config, '', faults)
    return { config, service: faults.length === 0, spec: validate(config) }
  })
  t.same(
    verdicts.filter((verdict) => verdict.service !== verdict.spec),
    [],
  )
  t.ok(verdicts.some(({ spec }) => spec) && verdicts.some(({ spec }) => !spec))
})
