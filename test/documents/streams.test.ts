import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { streamTable } from '../../src/streams/table.ts'

const document = readFileSync(join(process.cwd(), 'docs', 'streams.md'), 'utf8')

/** The rows of the first table, by stream. */
const rows = new Map(
  [...document.matchAll(/^\| `(\w+)` *\|(.*)\|$/gm)].flatMap(([, name = '', rest = '']) => {
    const cells = rest.split('|').map((cell) => cell.trim())
    const [endpoint = '', , key = '', cursor = '', modes = '', permission = ''] = cells
    return cells.length === 6 ? [[name, { endpoint, key, cursor, modes, permission }] as const] : []
  }),
)

const code = (text: string): string => `\`${text}\``

t.test('docs/streams.md has a row for every stream that has a schema', async (t) => {
  const schemas = readdirSync(join(process.cwd(), 'schemas'))
    .map((file) => file.replace('.json', ''))
    .filter((name) => name !== 'airbyte-protocol')
  t.same([...rows.keys()], schemas.toSorted())
})

t.test('docs/streams.md says of each stream what the stream table says', async (t) => {
  for (const { name, primaryKey, cursor, scope } of streamTable) {
    t.match(
      rows.get(name),
      {
        key: primaryKey.map((path) => code(path.join('.'))).join(', '),
        cursor: cursor ? code(cursor) : '',
        modes: cursor ? 'full refresh, incremental' : 'full refresh',
        permission: scope,
      },
      name,
    )
  }
})
