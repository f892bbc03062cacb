import { readFileSync } from 'node:fs'
import t from 'tap'
import { mutants } from './mutants.ts'

t.test('every mutant still finds the one line that it breaks', (t) => {
  for (const { rule, file, find } of mutants) {
    const text = readFileSync(`src/${file}`, 'utf8')
    t.equal(text.split(find).length - 1, 1, `${file}: ${rule}`)
  }
  t.end()
})
