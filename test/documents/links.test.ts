import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'

const root = new URL('../../..', import.meta.url).pathname
const documents = [
  ...readdirSync(root).filter((file) => file.endsWith('.md')),
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => `docs/${file}`),
]
const read = (path: string) => readFileSync(join(root, path), 'utf8')

/** The anchors that a page of Markdown gets from its headings. */
function anchorsOf(path: string): string[] {
  const headings = [...read(path).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => heading)
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
}

t.test('every link between our pages leads to a file that is there, and to a heading that it has', async (t) => {
  const links = documents.flatMap((document) =>
    [...read(document).matchAll(/\]\((?!\w+:)([^)#\s]*)(?:#([^)\s]+))?\)/g)].map(([, file = '', anchor]) => {
      const target = file === '' ? document : join(dirname(document), file)
      return { document, target, anchor }
    }),
  )
  t.ok(links.length > 50)
  const broken = links.filter(({ target, anchor }) => {
    if (!existsSync(join(root, target))) return true
    return anchor !== undefined && !anchorsOf(target).includes(anchor)
  })
  t.same(
    broken.map(({ document, target, anchor = '' }) => `${document}: ${target}#${anchor}`),
    [],
  )
})
