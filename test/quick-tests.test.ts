import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'

const root = new URL('../../', import.meta.url).pathname

t.test('the quick tests are there, each once', async (t) => {
  const quick: string[] = JSON.parse(readFileSync(join(root, 'test/quick.json'), 'utf8'))
  t.ok(quick.length > 20)
  t.equal(new Set(quick).size, quick.length)
  t.same(
    quick.filter((file) => !existsSync(join(root, file))),
    [],
  )
})
