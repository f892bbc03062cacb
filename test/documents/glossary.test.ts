import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import t from 'tap'

const root = new URL('../../..', import.meta.url).pathname
const glossary = readFileSync(join(root, 'docs/architecture/glossary.md'), 'utf8')
const ownWords = new Set(
  [...glossary.matchAll(/^\| ([a-z][a-z -]*?) +\| \S/gm)].flatMap(([, term = '']) => term.split(/[ -]/)),
)
/** Words that every programmer knows, and those of HTTP, Redis, Airbyte and Intercom. */
const commonWords = new Set(
  JSON.parse(readFileSync(join(root, 'test/documents/common-words.json'), 'utf8')) as string[],
)

/** The words of the names of files and of exported types, each with a file that has it. */
const words = new Map<string, string>()
for (const file of readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })) {
  if (!file.endsWith('.ts')) continue
  const ofFile = basename(file)
    .replace(/(\.lua)?\.ts$/, '')
    .split('-')
  const types = [...readFileSync(join(root, 'src', file), 'utf8').matchAll(/^export (?:interface|type|class) (\w+)/gm)]
  const ofTypes = types.flatMap(([, name = '']) => name.match(/[A-Z]+(?![a-z])|[A-Z][a-z]+/g) ?? [])
  for (const word of [...ofFile, ...ofTypes]) words.set(word.toLowerCase(), file)
}

t.test('a word that names a file or a type is common, or is explained in the glossary', async (t) => {
  const isKnown = (word: string) =>
    [word, word.replace(/s$/, ''), word.replace(/ies$/, 'y'), word.replace(/es$/, '')].some(
      (form) => ownWords.has(form) || commonWords.has(form),
    )
  t.ok(words.size > 300)
  t.same(
    [...words].filter(([word]) => !isKnown(word)).map(([word, file]) => `${word} (${file})`),
    [],
  )
})

t.test('no word is both common and ours', async (t) => {
  t.same(
    [...commonWords].filter((word) => ownWords.has(word)),
    [],
  )
})

t.test('no common word is one that nobody uses', async (t) => {
  const forms = (word: string) => [word, `${word}s`, `${word}es`, word.replace(/y$/, 'ies')]
  t.same(
    [...commonWords].filter((word) => !forms(word).some((form) => words.has(form))),
    [],
  )
})
