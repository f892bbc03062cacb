import { readdirSync } from 'node:fs'
import t from 'tap'
import { readBlocks } from '../support/documents.ts'

const documents = readdirSync('docs')
  .filter((name) => name.endsWith('.md'))
  .map((name) => `docs/${name}`)

/** Every call of curl in a recipe, its lines joined. */
const calls = documents.flatMap((document) =>
  readBlocks(document)
    .filter(({ language }) => language === 'sh')
    .flatMap(({ text }) => text.replaceAll('\\\n', ' ').split('\n'))
    .filter((line) => !line.startsWith('#'))
    .flatMap((line) => line.match(/\bcurl .*?(?= \| |$)/g) ?? [])
    .map((call) => ({ document, call })),
)

t.test('a call that is refused fails the recipe it stands in, and shows why', async (t) => {
  t.ok(calls.length > 8, `${calls.length} calls`)
  t.same(
    calls.filter(({ call }) => !call.includes('--fail-with-body')),
    [],
  )
})
