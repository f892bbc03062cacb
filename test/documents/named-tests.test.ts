import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'

const root = new URL('../../..', import.meta.url).pathname
const documents = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md') && !file.startsWith('evidence'))
    .map((file) => `docs/${file}`),
]

t.test('every test that a document names is there', async (t) => {
  const named = documents.flatMap((document) =>
    [...readFileSync(join(root, document), 'utf8').matchAll(/`(test\/[\w/-]+(?:\.[\w.]+)?)`/g)].map(
      ([, path = '']) => [document, path] as const,
    ),
  )
  t.ok(named.length > 100, `${named.length} are named`)
  t.same(
    named.filter(([, path]) => !existsSync(join(root, path))),
    [],
  )
})
