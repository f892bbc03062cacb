// Writes the types of the HTTP API, as openapi.yaml describes it, for the console: `npm run typecheck` reads them. They
// are not committed, since they say nothing that openapi.yaml does not, and a build does without them.
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import openapiTS, { astToString } from 'openapi-typescript'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const types = astToString(await openapiTS(readFileSync(join(root, 'openapi.yaml'), 'utf8')))
writeFileSync(join(root, 'console', 'src', 'api', 'schema.ts'), types)
