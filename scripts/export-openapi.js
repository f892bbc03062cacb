// Writes openapi.yaml anew from the routes: `npm run openapi`. A test fails while the two differ.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const root = join(import.meta.dirname, '..')
const compiled = process.argv[2] ?? join(root, 'dist')
const { exportOpenApi } = await import(pathToFileURL(join(compiled, 'src', 'http', 'service', 'openapi.js')).href)
writeFileSync(join(root, 'openapi.yaml'), await exportOpenApi())
