import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'

const read = (file: string) => readFileSync(join(process.cwd(), file), 'utf8')
const document = read('docs/why.md')

/** The cells of every row below a heading, heads of tables left out. */
const rows = document
  .split('\n')
  .filter((line) => line.startsWith('| ') && !/^\| (Thread|Quirk|---)/.test(line))
  .map((line) => line.split(/ +\| /).map((cell) => cell.replace(/^\| | *\|$/g, '')))

const named = [...document.matchAll(/`(test\/[\w/-]+\.test\.ts)`, ([_*])(.+?)\2(?=;| +\|)/g)].map(
  ([, file = '', , title = '']) => ({ file, title }),
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
  t.ok(named.length > 100, `${named.length} tests are named`)
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
  for (const row of rows) {
    const [what] = row
    t.ok(row.length === 5 || row.length === 3, `${what} has ${row.length} cells`)
    t.ok(
      row.every((cell) => cell.trim() !== ''),
      `${what} has an empty cell`,
    )
    const proof = row.at(-1) ?? ''
    if (proof === 'none') t.match(row.at(-2), /\*\*.+\*\*/, `${what} says that nothing is done`)
    else t.match(proof, /^`test\//, String(what))
  }
})
