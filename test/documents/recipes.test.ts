import { readdirSync, readFileSync } from 'node:fs'
import t from 'tap'
import { curlLines } from '../../simulator/demo/curl-lines.ts'
import { readBlocks } from '../support/documents.ts'

const documents = readdirSync('docs')
  .filter((name) => name.endsWith('.md'))
  .map((name) => `docs/${name}`)
const script = 'docs/warehouse/sync.sh'
/** The longest addresses that the demo can have. */
const demo = { service: 'http://127.0.0.1:65535', intercom: 'http://127.0.0.1:65535', job: '/v1/jobs/3' }

/** Every recipe for a shell. */
const recipes = [
  ...['README.md', ...documents].flatMap((from) =>
    readBlocks(from)
      .filter(({ language }) => language === 'sh')
      .map(({ text }) => ({ from, text })),
  ),
  { from: script, text: readFileSync(script, 'utf8') },
  ...curlLines(demo).map(({ what, command }) => ({ from: `the demo: ${what}`, text: command })),
]

/** Every call of curl in a recipe, its lines joined. */
const calls = recipes.flatMap(({ from, text }) =>
  text
    .replaceAll('\\\n', ' ')
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .flatMap((line) => line.match(/\bcurl .*?(?= \| |$)/g) ?? [])
    .map((call) => ({ from, call })),
)

t.test('a call that is refused fails the recipe it stands in, and shows why', async (t) => {
  const places = new Set(calls.map(({ from }) => from))
  for (const place of ['README.md', 'docs/pipelines.md', script, 'the demo: The third job']) t.ok(places.has(place))
  t.same(
    calls.filter(({ call }) => !/ --fail-with-body /.test(call) || !/ -sSN? /.test(call)),
    [],
  )
})

t.test('a recipe that follows a job asks for a heartbeat, so that no proxy gives up in its silence', async (t) => {
  const following = recipes.flatMap(({ from, text }) =>
    text
      .replaceAll('\\\n', ' ')
      .split('\n')
      .flatMap((line) => line.match(/\b(curl|call) .*?-(sS)?N .*/g) ?? [])
      .map((call) => ({ from, call })),
  )
  const places = new Set(following.map(({ from }) => from))
  for (const place of ['README.md', 'docs/http.md', 'docs/operations.md', script]) t.ok(places.has(place), place)
  t.same(
    following.filter(({ call }) => !/[?&]heartbeat=15\b/.test(call)),
    [],
  )
})

t.test('the lines of the demo fit 80 columns', async (t) => {
  const lines = curlLines(demo).flatMap(({ command }) => command.split('\n'))
  t.same(
    lines.filter((line) => line.length > 80),
    [],
  )
})
