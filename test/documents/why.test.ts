import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'

const read = (file: string) => readFileSync(join(process.cwd(), file), 'utf8')
const document = read('docs/why.md')

/** What is said of each thread, by its heading, and of each quirk. */
const threadSections = document
  .split(/^### /m)
  .slice(1)
  .map((section) => section.split(/^##? /m)[0] ?? '')
const quirks = document.split('\n').filter((line) => line.startsWith('- ') && !/^- \*\*/.test(line))

const named = [...document.matchAll(/^\[\^([\w-]+)\]: `(test\/[\w/-]+\.test\.ts)`, _(.+)_$/gm)].map(
  ([, id = '', file = '', title = '']) => ({ id, file, title }),
)

/** Threads of Airbyte's repository about its connector: reports, and changes that mended or broke something. */
const threads = [
  [39463, 66292, 26301, 52106, 52112, 52117, 52120, 52132, 49936, 8475, 8637, 75462, 67104, 55829, 42853, 36277, 9572],
  [12066, 5474, 58638, 69151, 69149, 70335, 60235, 17797, 8395, 9339, 9513, 23152, 70888, 71141, 11595, 16808, 31905],
  [12094, 74142, 72955, 74143, 8685, 73635, 73717, 76122, 38626, 35841, 15141, 44892, 47745, 48045, 48532, 48705],
  [24486, 29713, 3344, 5800, 5908, 6087, 12506, 39117, 40720, 64110, 75575, 26238, 11177, 6351, 5527, 36232, 9188],
].flat()

t.test('every test that docs/why.md names is there', async (t) => {
  t.equal(named.length, document.split('`test/').length - 1, 'each is given with its title')
  t.ok(named.length > 70, `${named.length} tests are named`)
  const used = [...document.matchAll(/\[\^([\w-]+)\](?!:)/g)].map(([, id]) => id)
  t.same([...new Set(used)].toSorted(), named.map(({ id }) => id).toSorted(), 'each is referred to, and no other')
  for (const { file, title } of named) {
    if (!existsSync(join(process.cwd(), file))) {
      t.fail(`there is no ${file}`)
      continue
    }
    // What a title takes from a table stands as … in the document.
    const source = read(file).replaceAll(/\$\{[^}]*\}/g, '…')
    const titles = new Set([...source.matchAll(/t\.test\(\s*(['"`])(.*?)\1,/gs)].map(([, , text]) => text))
    t.ok(titles.has(title), `${file}: ${title}`)
  }
})

t.test('docs/why.md says of every thread what is done, and names a test or says that nothing is', async (t) => {
  for (const thread of threads) t.match(document, new RegExp(`#${thread}\\b`), `#${thread}`)
  t.ok(threadSections.length > 50 && quirks.length > 20)
  for (const section of threadSections)
    for (const part of ['Reported', 'Cause', 'Here']) t.match(section, new RegExp(`^- \\*\\*${part}:\\*\\* \\S`, 'm'))
  for (const said of [...threadSections, ...quirks]) {
    const here = said.split('**Here:**')[1] ?? ''
    t.ok(
      /\[\^[\w-]+\]/.test(here) || /\*\*.+\*\*/.test(here),
      `a test is named, or nothing is done: ${said.slice(0, 60)}`,
    )
  }
})
