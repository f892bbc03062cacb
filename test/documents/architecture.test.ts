import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { documentedKeys } from '../support/documented-keys.ts'
import { keyspace } from '../support/keys.ts'

const root = new URL('../../..', import.meta.url).pathname
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const document = read('docs/architecture.md')

t.test('every folder of src has a row that says what it is for, and no other has', async (t) => {
  const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  const folders = new Set(files.filter((file) => file.endsWith('.ts')).map((file) => `src/${dirname(file)}/`))
  folders.delete('src/./')
  // Its few files are of the groups below it, whose rows say what they are for.
  for (const group of ['src/http/', 'src/store/']) folders.delete(group)
  const rows = [...document.matchAll(/^\| `(src\/[^`]*)` +\| \S/gm)].map(([, folder]) => folder)
  t.same(rows.toSorted(), [...folders].toSorted())
})

t.test('every key has a row with its type and how long it lives', async (t) => {
  const channels = ['cancelChannel', 'changedPattern']
  const shared = Object.entries(keyspace).flatMap(([name, key]) =>
    typeof key === 'string' && name !== 'prefix' && !channels.includes(name) ? [key] : [],
  )
  const page = read('docs/architecture/6-redis.md')
  for (const channel of ['cancel', 'changed']) t.ok(page.includes(`\`${channel}`), channel)
  const names = [
    ...shared.map((key) => key.replace(/^intercom-sync:/, '')),
    ...(['record', 'consent'] as const).map((key) => keyspace.signIn('<id>', key).replace(/^intercom-sync:/, '')),
    ...namesIn('src/store/keys.ts', /const jobKeys = \{([\s\S]*?)\n\} as const/, /^ {2}\w+: '([^']+)'/gm).map(
      (key) => `{job:<id>}:${key}`,
    ),
    ...namesIn('src/store/keys.ts', /type ConnectionKey = (.*)/, /'([^']+)'/g).map(
      (key) => `{connection:<tenant>:<id>}:${key}`,
    ),
  ]
  t.ok(names.length > 40)
  t.same(
    names.filter((name) => !documentedKeys.some((row) => row.name.startsWith(name))),
    [],
  )
})

t.test('every member of a state of ours is explained', async (t) => {
  const [, members = ''] = read('src/sync/state/search-state-schema.ts').split(
    /intercom_sync: Type.Optional\(\s+Type.Object\(\{/,
  )
  const names = [...members.matchAll(/^ {6}(\w+): Type/gm)].map(([, name]) => name).filter((name) => name !== 'v')
  const rows = [...read('docs/architecture/4-states.md').matchAll(/^\| `(\w+)` +\| \S/gm)].map(([, name]) => name)
  t.ok(names.length > 10)
  t.same(rows.toSorted(), names.toSorted())
})

t.test('every page is there, and links to what is there', async (t) => {
  const pages = readdirSync(join(root, 'docs/architecture')).map((name) => `docs/architecture/${name}`)
  for (const page of pages) t.ok(document.includes(page.replace('docs/', '')), `${page} is linked`)
  for (const page of ['docs/architecture.md', ...pages])
    for (const [, target = ''] of read(page).matchAll(/\]\(([^)#:]+)/g))
      t.doesNotThrow(() => read(join(dirname(page), target)), `${page} links to ${target}`)
})

t.test('the files that the pages name are there', async (t) => {
  const pages = [
    'docs/architecture.md',
    ...readdirSync(join(root, 'docs/architecture')).map((name) => `docs/architecture/${name}`),
  ]
  const named = pages.flatMap((page) => [
    ...read(page).matchAll(/`((?:src|test|sync|queue|store|intercom|streams)\/[a-z/-]+\.(?:test\.)?ts)`/g),
  ])
  t.ok(named.length > 5)
  for (const [, file = ''] of named) {
    const path = /^(src|test)\//.test(file) ? file : `src/${file}`
    t.doesNotThrow(() => read(path), path)
  }
})

/** Names in a part of a file. */
function namesIn(file: string, part: RegExp, name: RegExp): string[] {
  return [...(part.exec(read(file))?.[1] ?? '').matchAll(name)].map(([, found = '']) => found)
}
