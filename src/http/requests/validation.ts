import type { FastifySchemaCompiler } from 'fastify'
import type { Static, TProperties, TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { CodedError, type Fault, firstFaults } from '../../errors.ts'
import { appendPointer } from '../../json/json-pointer.ts'
import { isObject } from '../../json-object.ts'

interface ParameterSchema {
  type?: string
  default?: unknown
}

/**
 * Checks what a route's schema declares, with schemas for the names that it refers to. Texts of the query and the path become what their schema says, strictly:
 * JavaScript would read `0x10`, `1e3` and ` 5 ` as numbers too. Bodies are never changed.
 */
export function validatorCompiler(named: TProperties = {}): FastifySchemaCompiler<TSchema> {
  return ({ schema, httpPart }) => {
    const validator = Compile(named, schema)
    return (input: unknown) => {
      const value = httpPart === 'body' ? input : convertTexts(propertiesOf(schema), input)
      return validator.Check(value) ? { value } : { error: refusal(validator, schema, value, httpPart === 'body') }
    }
  }
}

function refusal(
  validator: { Errors(value: unknown): SchemaFault[] },
  schema: TSchema,
  value: unknown,
  isBody: boolean,
): CodedError {
  const { known, unknown } = splitMembers(schema, value)
  const faults = validator.Errors(known).flatMap((error) => toFaults(error, isBody))
  return invalidRequest([...unknown.map((name) => unknownMember(name, isBody)), ...faults])
}

/** Checks a body that is not a request's own, in the same way. @throws CodedError `invalid_request` */
export function bodyReader<Schema extends TSchema>(
  schema: Schema,
  named: TProperties,
): (value: unknown) => Static<Schema> {
  const validator = Compile(named, schema)
  return (value) => {
    if (validator.Check(value)) return value
    throw refusal(validator, schema, value, true)
  }
}

/** `invalid_request` with its faults, the first of them in the message. */
export function invalidRequest(faults: Fault[]): CodedError {
  const [first] = firstFaults(faults, 1)
  const message = first && [first.pointer, first.detail].filter(Boolean).join(': ')
  return new CodedError('invalid_request', message, { faults })
}

function propertiesOf(schema: TSchema): Record<string, ParameterSchema> {
  return (schema as { properties?: Record<string, ParameterSchema> }).properties ?? {}
}

function convertTexts(properties: Record<string, ParameterSchema>, input: unknown): Record<string, unknown> {
  const texts = new Map(Object.entries(input ?? {}))
  const values = new Map<string, unknown>(texts)
  for (const [name, schema] of Object.entries(properties)) {
    const text = texts.get(name)
    const value = text === undefined ? schema.default : convertText(schema, text)
    if (value !== undefined) values.set(name, value)
  }
  return Object.fromEntries(values)
}

/** Leaves a text that does not fit as it is: the check that follows reports it. */
function convertText(schema: ParameterSchema, text: unknown): unknown {
  if (typeof text !== 'string') return text
  if (schema.type === 'integer' && /^-?\d{1,15}$/.test(text)) return Number(text)
  if (schema.type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true'
  return text
}

/** The members that a schema names, and the names of the others where there must be none: the validator tells few. */
function splitMembers(schema: TSchema, value: unknown): { known: unknown; unknown: string[] } {
  const { additionalProperties } = schema as { additionalProperties?: unknown }
  if (additionalProperties !== false || !isObject(value)) return { known: value, unknown: [] }
  const properties = propertiesOf(schema)
  const isKnown = (name: string) => Object.hasOwn(properties, name)
  return {
    known: Object.fromEntries(Object.entries(value).filter(([name]) => isKnown(name))),
    unknown: Object.keys(value).filter((name) => !isKnown(name)),
  }
}

function unknownMember(name: string, isBody: boolean): Fault {
  return isBody
    ? { pointer: appendPointer('', name), detail: 'is not a member of this request; remove it' }
    : { pointer: name, detail: 'is not a parameter of this call; remove it' }
}

interface SchemaFault {
  keyword: string
  instancePath: string
  params: object
  message: string
}

/** Members of the body are named by JSON pointers, parameters by their names. */
function toFaults(error: SchemaFault, isBody: boolean): Fault[] {
  const nameOf = (pointer: string) => (isBody ? pointer : pointer.slice(1))
  if (error.keyword !== 'required') return [{ pointer: nameOf(error.instancePath), detail: error.message }]
  const { requiredProperties = [] } = error.params as { requiredProperties?: string[] }
  return requiredProperties.map((name) => ({
    pointer: nameOf(appendPointer(error.instancePath, name)),
    detail: 'is required',
  }))
}
