import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'

const document = readFileSync(join(process.cwd(), 'docs', 'streams.md'), 'utf8')

/** The streams that have a row in the first table. */
const rows = [
  ...document
    .split('<!-- end of streams -->', 1)
    .join()
    .matchAll(/^\| `(\w+)` *\|/gm),
].map(([, name]) => name)

t.test('docs/streams.md has a row for every stream that has a schema', async (t) => {
  const schemas = readdirSync(join(process.cwd(), 'schemas'))
    .map((file) => file.replace('.json', ''))
    .filter((name) => name !== 'airbyte-protocol')
  t.same(rows, schemas.toSorted())
})

t.test('the tables with a row for each stream are as scripts/stream-tables.js writes them', async (t) => {
  const check = spawnSync(process.execPath, ['scripts/stream-tables.js', '--check'], { encoding: 'utf8' })
  t.equal(check.status, 0, check.stderr)
})
