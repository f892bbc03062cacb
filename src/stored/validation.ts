import type { TSchema } from 'typebox'
import { Compile, type Validator } from 'typebox/compile'
import { appendPointer } from '../json/json-pointer.ts'
import { isObject } from '../json-object.ts'

/** Why a value does not match its schema. */
export interface SchemaFault {
  /** JSON pointer into the value. */
  pointer: string
  message: string
}

/**
 * Values below which a fault is looked for in all detail. That takes some 25 µs for each value, and a check by a compiled
 * schema a hundredth of it.
 */
const fewValues = 1000

const validators = new WeakMap<TSchema, Validator>()

/** A schema is compiled at its first use, so that starting up compiles none. */
export function validatorOf(schema: TSchema): Validator {
  const validator = validators.get(schema) ?? Compile(schema)
  validators.set(schema, validator)
  return validator
}

/** The first fault of a value that does not match its schema. */
export function firstFault(schema: TSchema, value: unknown): SchemaFault {
  const place = narrow(schema, value)
  if (countValues(place.value, fewValues) >= fewValues) return { pointer: place.pointer, message: 'is not valid' }
  const [error] = validatorOf(place.schema).Errors(place.value)
  return {
    pointer: `${place.pointer}${error?.instancePath ?? ''}`,
    message: error?.message ?? 'is not valid',
  }
}

/** How many values JSON holds, counted up to `most`; names of members do not count. */
function countValues(value: unknown, most: number): number {
  if (typeof value !== 'object' || value === null) return 1
  let count = 1
  for (const member of Array.isArray(value) ? value : Object.values(value)) {
    if (count >= most) return most
    count += countValues(member, most - count)
  }
  return count
}

interface Place {
  schema: TSchema
  value: unknown
  pointer: string
}

/** The innermost part that does not match, as far as objects and lists lead there. */
function narrow(schema: TSchema, value: unknown): Place {
  let place: Place = { schema, value, pointer: '' }
  for (;;) {
    const part = faultyPart(place)
    if (!part) return place
    place = part
  }
}

interface SchemaParts {
  properties?: Record<string, TSchema>
  patternProperties?: Record<string, TSchema>
  items?: TSchema | TSchema[]
}

function faultyPart({ schema, value, pointer }: Place): Place | undefined {
  const { properties = {}, patternProperties = {}, items } = schema as SchemaParts
  if (Array.isArray(value) && items && !Array.isArray(items)) {
    const index = value.findIndex((item) => !validatorOf(items).Check(item))
    return index === -1 ? undefined : { schema: items, value: value[index], pointer: `${pointer}/${index}` }
  }
  if (!isObject(value)) return undefined
  const [ofEach] = Object.values(patternProperties)
  for (const [name, member] of Object.entries(value)) {
    const part = (Object.hasOwn(properties, name) ? properties[name] : undefined) ?? ofEach
    if (part && !validatorOf(part).Check(member))
      return { schema: part, value: member, pointer: appendPointer(pointer, name) }
  }
  return undefined
}
