/** A JSON Schema within another, and the path to it. */
export interface Place {
  path: string
  schema: Record<string, unknown>
}

export function isSchema(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A schema and everything in it, enumerations, defaults and examples left out: those are values. */
export function placesIn(schema: unknown, path = ''): Place[] {
  if (Array.isArray(schema)) return schema.flatMap((item, index) => placesIn(item, `${path}/${index}`))
  if (!isSchema(schema)) return []
  const below = Object.entries(schema).filter(([name]) => !['enum', 'const', 'default', 'examples'].includes(name))
  return [{ path, schema }, ...below.flatMap(([name, inner]) => placesIn(inner, `${path}/${name}`))]
}

/** The properties of every object in a schema, by path. */
export function propertiesIn(schema: unknown): (Place & { name: string })[] {
  return placesIn(schema).flatMap(({ path, schema: { properties } }) =>
    isSchema(properties)
      ? Object.entries(properties).flatMap(([name, property]) =>
          isSchema(property) ? [{ name, path: `${path}/properties/${name}`, schema: property }] : [],
        )
      : [],
  )
}

/** The names of types that a schema declares. */
export function typesOf({ type }: Record<string, unknown>): string[] {
  return [type].flat().filter((name) => typeof name === 'string')
}

/** What stands at a path of member names in the `properties` of a schema. */
export function propertyAt(
  schema: Record<string, unknown>,
  path: readonly string[],
): Record<string, unknown> | undefined {
  let inner: Record<string, unknown> | undefined = schema
  for (const name of path) {
    const properties: unknown = inner?.properties
    const property = isSchema(properties) && Object.hasOwn(properties, name) ? properties[name] : undefined
    inner = isSchema(property) ? property : undefined
  }
  return inner
}
