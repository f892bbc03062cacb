import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { runShell } from './support/processes.ts'
import { onRealRedis } from './support/redis.ts'

t.test('where there is a Redis server no test is left out', async (t) => {
  const search = 'PATH="$PATH:.cache/redis/bin"; command -v redis-server || command -v valkey-server'
  const server = await runShell(t, search)
  t.equal(onRealRedis.skip === false, server !== '')
})

t.test('no test is left out for another reason', async (t) => {
  const files = readdirSync('test', { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))
  const leavingOut = files.filter((file) =>
    /\b(skip|todo): *(true|['"`])|\bt\.(skip|todo)\(/.test(readFileSync(join('test', file), 'utf8')),
  )
  t.same(leavingOut, [])
})
