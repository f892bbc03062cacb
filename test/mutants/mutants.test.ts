import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { mutants } from './mutants.ts'

const root = process.cwd()

t.test('each mutant breaks a line that is there, once', async (t) => {
  const stale = mutants.filter(({ file, find }) => {
    const path = join(root, 'src', file)
    return !existsSync(path) || readFileSync(path, 'utf8').split(find).length !== 2
  })
  t.same(
    stale.map(({ rule }) => rule),
    [],
  )
})

t.test('the tests that are to catch it are there', async (t) => {
  const named = new Set(mutants.flatMap(({ tests }) => tests))
  t.same(
    [...named].filter((test) => !existsSync(join(root, 'test', `${test}.test.ts`))),
    [],
  )
})
