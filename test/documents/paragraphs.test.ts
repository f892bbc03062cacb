import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'

const root = new URL('../../..', import.meta.url).pathname

/** About as much as somebody reads without looking up. */
const mostCharacters = 600

const pages = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md') && !name.startsWith('evidence'))
    .map((name) => `docs/${name}`),
]

t.test(`no paragraph and no entry of a list is longer than ${mostCharacters} characters`, async (t) => {
  const long = pages.flatMap((page) =>
    paragraphsOf(readFileSync(join(root, page), 'utf8'))
      .filter(({ text }) => text.length > mostCharacters)
      .map(({ line, text }) => `${page}:${line}: ${text.length} characters`),
  )
  t.ok(pages.length > 20)
  t.same(long, [])
})

interface Paragraph {
  /** Its first line, from 1. */
  line: number
  text: string
}

/** Tables, headings and code are none. */
function paragraphsOf(page: string): Paragraph[] {
  const paragraphs: Paragraph[] = []
  let current: Paragraph | undefined
  let isCode = false
  for (const [index, line] of page.split('\n').entries()) {
    const isFence = /^\s*```/.test(line)
    if (isFence) isCode = !isCode
    if (isFence || isCode || /^\s*(?:$|\||#)/.test(line)) current = undefined
    else if (current && !/^\s*(?:(?:[-*]|\d+\.)\s|\[\^)/.test(line)) current.text += ` ${line.trim()}`
    else {
      current = { line: index + 1, text: line.trim() }
      paragraphs.push(current)
    }
  }
  return paragraphs
}
