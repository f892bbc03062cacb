import { Ajv } from 'ajv'
import type { Evidence } from './evidence.ts'
import { type Point, unless } from './point.ts'
import { isSchema, placesIn, propertiesIn, propertyAt, typesOf } from './schema-walk.ts'

/** Names of members that hold secrets, wherever they stand. */
const secretNames = new Set(
  (
    'client_token access_token api_token token secret client_secret password key service_account_info service_account ' +
    'tenant_id certificate jwt credentials app_id appid refresh_token'
  ).split(' '),
)
const forbidden =
  '$ref not anyOf allOf patternProperties prefixItems if then else dependentSchemas dependentRequired'.split(' ')
const scalars = ['string', 'integer', 'number', 'boolean']

const specOf = ({ spec }: Evidence) => spec.messages[0]?.spec ?? { connectionSpecification: {} }
const configSchema = (evidence: Evidence) => specOf(evidence).connectionSpecification
const isStoring = (property: Record<string, unknown>) =>
  typesOf(property).some((type) => ['string', 'integer', 'number'].includes(type))

export const specPoints: readonly Point[] = [
  {
    id: 'spec-one',
    words: 'spec gives exactly one SPEC and nothing else',
    faultsIn: ({ spec }) => unless(spec.messages.map(({ type }) => type).join() === 'SPEC', spec.lines.join('\n')),
  },
  {
    id: 'spec-config',
    words: 'the config, without the members that begin with an underscore, is valid',
    faultsIn: (evidence) => {
      const own = Object.entries(evidence.config).filter(([name]) => !name.startsWith('_'))
      const ajv = new Ajv({ strict: false, validateFormats: false })
      return unless(ajv.validate(configSchema(evidence), Object.fromEntries(own)), ajv.errorsText())
    },
  },
  {
    id: 'spec-enums',
    words: 'no enumeration names a value twice',
    faultsIn: (evidence) =>
      placesIn(configSchema(evidence)).flatMap(({ path, schema }) =>
        Array.isArray(schema.enum) ? unless(new Set(schema.enum).size === schema.enum.length, path) : [],
      ),
  },
  {
    id: 'spec-keywords',
    words: 'no keyword that forms cannot show, and no $ref',
    faultsIn: (evidence) =>
      placesIn(configSchema(evidence)).flatMap(({ path, schema }) =>
        forbidden.flatMap((keyword) => unless(!Object.hasOwn(schema, keyword), `${path}/${keyword}`)),
      ),
  },
  {
    id: 'spec-types',
    words:
      'a property is a scalar or an object with properties; a second type can only be null. There are no oneOf and no arrays',
    faultsIn: (evidence) =>
      propertiesIn(configSchema(evidence)).flatMap(({ path, schema }) => {
        const [first = '', second = 'null', ...more] = typesOf(schema)
        const isObject = first === 'object' && isSchema(schema.properties) && Object.keys(schema.properties).length > 0
        const isPlain = scalars.includes(first) || isObject
        return unless(isPlain && second === 'null' && more.length === 0 && !Object.hasOwn(schema, 'oneOf'), path)
      }),
  },
  {
    id: 'spec-secrets',
    words: 'whatever is named like a secret and can hold one is airbyte_secret, and nothing that cannot hold one is',
    faultsIn: (evidence) =>
      propertiesIn(configSchema(evidence)).flatMap(({ name, path, schema }) => {
        const isSecret = schema.airbyte_secret === true
        const hasToBe = secretNames.has(name.toLowerCase()) && isStoring(schema)
        return unless((isSecret || !hasToBe) && (!isSecret || isStoring(schema)), path)
      }),
  },
  {
    id: 'spec-additional',
    words: 'additionalProperties, where it is set, is true',
    faultsIn: (evidence) =>
      placesIn(configSchema(evidence)).flatMap(({ path, schema }) =>
        unless(schema.additionalProperties !== false && !isSchema(schema.additionalProperties), path),
      ),
  },
  {
    id: 'spec-order',
    words: 'order is unique; group and display_type are not used',
    faultsIn: (evidence) => {
      const properties = propertiesIn(configSchema(evidence))
      const orders = properties.map(({ schema }) => schema.order)
      return [
        ...unless(new Set(orders).size === orders.length, `orders ${orders.join()}`),
        ...properties.flatMap(({ path, schema }) => unless(!('group' in schema || 'display_type' in schema), path)),
      ]
    },
  },
  {
    id: 'spec-oauth',
    words: 'what OAuth fills in is a member of the config; without advanced_auth forms ask for the token',
    faultsIn: (evidence) => {
      const places = placesIn(specOf(evidence).advanced_auth).flatMap(({ schema }) =>
        Array.isArray(schema.path_in_connector_config) ? [schema.path_in_connector_config as string[]] : [],
      )
      return [
        ...unless(places.length > 0 || !('advanced_auth' in specOf(evidence)), 'advanced_auth names no member'),
        ...places.flatMap((path) => unless(propertyAt(configSchema(evidence), path) !== undefined, path.join('.'))),
      ]
    },
  },
]
