import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

/** The JSON Schema of a stream, from `schemas/<name>.json`. */
export function streamSchema(name: string): Record<string, unknown> {
  return require(`#schemas/${name}.json`) as Record<string, unknown>
}
