import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { errorTable } from '../../src/error-table.ts'
import { errorEnvelopes } from '../../src/intercom/answers/envelopes.ts'
import { statusClasses } from '../../src/intercom/answers/status-classes.ts'

const document = readFileSync(join(process.cwd(), 'docs', 'errors.md'), 'utf8')

/** The rows whose first cell is a code; the other cells as they stand. */
const rows = [...document.matchAll(/^\| `(\w+)` *\|(.*)\|$/gm)].map(([, code = '', rest = '']) => {
  const [status = '', failureType = '', again = '', when = '', whatToDo = ''] = rest
    .split('|')
    .map((cell) => cell.trim())
  return { code, status: Number(status), failureType, retryable: again === 'yes', when, whatToDo }
})

t.test('docs/errors.md lists every code of the error table, each once', async (t) => {
  t.same(rows.map(({ code }) => code).toSorted(), Object.keys(errorTable).toSorted())
})

t.test('docs/errors.md gives each code the status, type and retry of the error table', async (t) => {
  for (const { code, status, failureType, retryable } of rows) {
    const { [code as keyof typeof errorTable]: entry } = errorTable
    t.match(entry, { status, failureType, retryable }, code)
  }
})

t.test('docs/errors.md says of each code when it comes and what to do', async (t) => {
  t.same(
    rows.filter(({ when, whatToDo }) => when === '' || whatToDo === '').map(({ code }) => code),
    [],
  )
})

/** The cells of every row of two columns. */
const pairs = [...document.matchAll(/^\| ([^|]+) \| ([^|]+) \|$/gm)].map(([, one = '', other = '']) => [
  one.trim(),
  other.trim(),
])

t.test('docs/errors.md says of each class of statuses what the table says', async (t) => {
  for (const { statuses, meaning } of statusClasses)
    t.same(
      pairs.filter(([first]) => first === statuses),
      [[statuses, meaning]],
    )
})

t.test("docs/errors.md names each form of Intercom's errors, and its source", async (t) => {
  for (const { form, source } of errorEnvelopes)
    t.same(
      pairs.filter(([first]) => first === form),
      [[form, source]],
    )
})
