// Extracts from Intercom's official OpenAPI descriptions the facts that our requests are held against: paths, methods,
// parameters, members of request bodies, which are required, and enumerations. No sentence of theirs is taken.
//
//   node scripts/extract-contract.js FOLDER
//
// FOLDER holds <version>.yaml, copied from github.com/intercom/Intercom-OpenAPI (descriptions/<version>/api.intercom.io.yaml);
// 0.yaml is the one called Preview. Writes test/intercom/contract/<version>.json.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const target = join(root, 'test', 'intercom', 'contract')
const methods = ['get', 'post']
/** Keywords of a schema that say what is allowed. */
const keywords = ['$ref', 'type', 'enum', 'required', 'nullable', 'minimum', 'maximum', 'format']

function schemaFacts(schema) {
  if (typeof schema !== 'object' || schema === null) return schema
  const facts = Object.fromEntries(keywords.filter((name) => name in schema).map((name) => [name, schema[name]]))
  for (const name of ['allOf', 'anyOf', 'oneOf']) if (schema[name]) facts[name] = schema[name].map(schemaFacts)
  for (const name of ['items', 'additionalProperties']) if (schema[name]) facts[name] = schemaFacts(schema[name])
  if (schema.properties) facts.properties = mapValues(schema.properties, schemaFacts)
  return facts
}

function operationFacts({ parameters = [], requestBody }) {
  const asked = parameters.filter((one) => one.in === 'query')
  const body = requestBody?.content?.['application/json']?.schema
  return {
    parameters: asked.map(({ name, required, schema }) => ({
      name,
      in: 'query',
      ...(required && { required }),
      schema: schemaFacts(schema),
    })),
    ...(body && { requestBody: { content: { 'application/json': { schema: schemaFacts(body) } } } }),
  }
}

/** The named schemas that a value refers to, and those that they refer to. */
function reachable(value, schemas, found = new Set()) {
  for (const [, name] of JSON.stringify(value).matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
    if (found.has(name) || !schemas[name]) continue
    found.add(name)
    reachable(schemaFacts(schemas[name]), schemas, found)
  }
  return found
}

function mapValues(object, map) {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, map(value)]))
}

const [folder] = process.argv.slice(2)
if (!folder) {
  console.error('extract-contract: name the folder that holds <version>.yaml')
  process.exit(2)
}
mkdirSync(target, { recursive: true })
for (const file of readdirSync(folder).filter((name) => name.endsWith('.yaml'))) {
  const document = parse(readFileSync(join(folder, file), 'utf8'))
  const paths = mapValues(document.paths, (item) =>
    mapValues(Object.fromEntries(methods.filter((one) => item[one]).map((one) => [one, item[one]])), operationFacts),
  )
  const { schemas = {} } = document.components
  const names = [...reachable(paths, schemas)].toSorted()
  const components = { schemas: Object.fromEntries(names.map((name) => [name, schemaFacts(schemas[name])])) }
  const version = file.replace('.yaml', '')
  writeFileSync(join(target, `${version}.json`), `${JSON.stringify({ version, paths, components })}\n`)
}
