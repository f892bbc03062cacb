import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv, type ValidateFunction } from 'ajv'
import type { LoggedRequest } from '../../simulator/serving/request-log.ts'
import { findPath } from './openapi-paths.ts'

interface Schema {
  $ref?: string
  type?: string
  properties?: Record<string, Schema>
  allOf?: Schema[]
  [keyword: string]: unknown
}

interface Operation {
  parameters?: { name: string; in: string; required?: boolean; schema: Schema }[]
  requestBody?: { content: Record<string, { schema: Schema }> }
}

interface Document {
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, Schema> }
}

/** Versions whose facts are in `test/intercom/contract`; `0` is the one that Intercom calls Preview. */
export const contractVersions = ['2.11', '2.13', '2.14', '2.16', '0'] as const

/** Lists where a request differs from the document: `POST /contacts/search body/sort is not documented`. */
export type CheckRequest = (request: LoggedRequest) => string[]

/**
 * The requirements for requests in Intercom's own description of its API, as `scripts/extract-contract.js` has
 * extracted it. Returns the function that checks a request.
 */
export function readContract(version: (typeof contractVersions)[number]): CheckRequest {
  const file = join(process.cwd(), 'test', 'intercom', 'contract', `${version}.json`)
  const document = JSON.parse(readFileSync(file, 'utf8')) as Document
  const ajv = new Ajv({ strict: false, validateFormats: false })
  ajv.addSchema({ $id: 'urn:document:intercom', components: withoutLooseNullable(document.components) })
  const validators = new Map<string, ValidateFunction>()

  return (request) => {
    const found = findPath(document.paths, request.path)
    const operation = found?.item[request.method.toLowerCase()]
    if (!operation) return [`${request.method} ${request.path} is not documented`]
    const name = `${request.method} ${found.template}`
    return [...checkQuery(operation, request), ...checkBody(name, operation, request)].map(
      (fault) => `${name} ${fault}`,
    )
  }

  function checkBody(name: string, { requestBody }: Operation, { body }: LoggedRequest): string[] {
    const schema = requestBody?.content['application/json']?.schema
    if (body === null) return []
    if (!schema) return ['body is not documented']
    const known = validators.get(name)
    const validate = known ?? ajv.compile(resolveFrom('urn:document:intercom', schema))
    validators.set(name, validate)
    const faults = validate(body)
      ? []
      : (validate.errors ?? []).map(({ instancePath, message }) => `body${instancePath} ${message}`)
    return [...faults, ...undocumentedMembers(schema, body, 'body')]
  }

  /** The document closes no object, so a member that Intercom does not have would pass as valid. */
  function undocumentedMembers(schema: Schema, value: unknown, at: string): string[] {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return []
    const properties = propertiesOf(document, schema)
    if (Object.keys(properties).length === 0) return []
    return Object.entries(value).flatMap(([name, member]) => {
      const declared = properties[name]
      return declared ? undocumentedMembers(declared, member, `${at}/${name}`) : [`${at}/${name} is not documented`]
    })
  }
}

function checkQuery({ parameters = [] }: Operation, { query }: LoggedRequest): string[] {
  const declared = parameters.filter((parameter) => parameter.in === 'query')
  const missing = declared.filter(({ name, required }) => required && query[name] === undefined)
  const faults = Object.entries(query).flatMap(([name, text]) => {
    const parameter = declared.find((candidate) => candidate.name === name)
    if (!parameter) return [`query/${name} is not documented`]
    const { type } = parameter.schema
    const choices = parameter.schema.enum
    const isWrong =
      (type === 'integer' && !/^\d+$/.test(text)) ||
      (type === 'boolean' && !/^(true|false)$/.test(text)) ||
      (Array.isArray(choices) && !choices.includes(text))
    return isWrong ? [`query/${name} cannot be ${text}`] : []
  })
  return [...missing.map(({ name }) => `query/${name} is missing`), ...faults]
}

function propertiesOf(document: Document, schema: Schema): Record<string, Schema> {
  const target = schema.$ref ? document.components.schemas[schema.$ref.split('/').at(-1) ?? ''] : schema
  const inherited = (target?.allOf ?? []).map((part) => propertiesOf(document, part))
  return Object.assign({}, ...inherited, target?.properties)
}

/** Changes references within the document so that they lead to where it is stored. */
function resolveFrom(id: string, schema: Schema): Schema {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/', `"${id}#/`)) as Schema
}

/** OpenAPI 3.0 allows `nullable` beside anything; the validator allows it only beside `type`. */
function withoutLooseNullable<Value>(value: Value): Value {
  const replace = (_name: string, member: unknown): unknown => {
    if (typeof member !== 'object' || member === null || !('nullable' in member) || 'type' in member) return member
    const { nullable: _nullable, ...rest } = member
    return rest
  }
  return JSON.parse(JSON.stringify(value, replace)) as Value
}
