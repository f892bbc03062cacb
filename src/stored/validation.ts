import type { TSchema } from 'typebox'
import { Compile, type Validator } from 'typebox/compile'
import { appendPointer } from '../json/json-pointer.ts'
import { isObject } from '../json-object.ts'

/** Why a value does not match its schema. */
interface SchemaFault {
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
  const whole = { schema, value, pointer: '' }
  const place = faultIn(whole) ?? whole
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

interface SchemaParts {
  properties?: Record<string, TSchema>
  patternProperties?: Record<string, TSchema>
  items?: TSchema | TSchema[]
}

/**
 * The innermost part that does not match, as far as objects and lists lead there; undefined when all of it does. Members
 * come before the object that has them, so that a large one is checked once, and not once for each object around it.
 */
function faultIn(place: Place): Place | undefined {
  const { schema, value } = place
  const member = firstOf(membersOf(place))
  if (member) return member
  if (validatorOf(schema).Check(value)) return undefined
  return firstOf(entriesOf(place)) ?? place
}

function firstOf(places: Iterable<Place>): Place | undefined {
  for (const place of places) {
    const fault = faultIn(place)
    if (fault) return fault
  }
  return undefined
}

/** The members that an object's schema names. */
function* membersOf({ schema, value, pointer }: Place): Generator<Place> {
  if (!isObject(value)) return
  for (const [name, part] of Object.entries((schema as SchemaParts).properties ?? {}))
    if (Object.hasOwn(value, name)) yield { schema: part, value: value[name], pointer: appendPointer(pointer, name) }
}

/** The items of a list, or the members of an object whose schema names none. */
function* entriesOf({ schema, value, pointer }: Place): Generator<Place> {
  const { patternProperties = {}, items } = schema as SchemaParts
  const [ofEach] = Object.values(patternProperties)
  if (Array.isArray(value) && items && !Array.isArray(items))
    for (const [index, item] of value.entries()) yield { schema: items, value: item, pointer: `${pointer}/${index}` }
  if (isObject(value) && ofEach)
    for (const name of Object.keys(value))
      yield { schema: ofEach, value: value[name], pointer: appendPointer(pointer, name) }
}
