import { type TSchema, Type } from 'typebox'

/**
 * A parameter that callers may leave out, since it has a default. Handlers always find a value: `validation.ts` puts
 * the default in before it checks. So for TypeScript, unlike for the OpenAPI document, it is required.
 */
export function byDefault<Schema extends TSchema>(schema: Schema): Schema {
  // The mark that makes it optional has no member that a caller could read.
  return Type.Optional(schema) as unknown as Schema
}
