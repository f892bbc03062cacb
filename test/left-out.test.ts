import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { runShell } from './support/processes.ts'
import { onRealRedis } from './support/redis.ts'
import { withTools } from './support/tools.ts'

t.test('where there is a Redis server no test is left out', async (t) => {
  const search = 'PATH="$PATH:.cache/redis/bin"; command -v redis-server || command -v valkey-server'
  const server = await runShell(t, search)
  t.equal(onRealRedis.skip === false, server !== '')
})

t.test('a test that needs a program is left out only where that is missing, and says so', async (t) => {
  t.equal(withTools('node', 'sh').skip, false)
  t.equal(withTools('node', 'no-such-program').skip, 'it needs no-such-program')
})

t.test(
  'only documents, terminals, proxies, certificates, browsers and moved clocks are tried with programs that a machine may lack',
  async (t) => {
    const tests = readdirSync('test', { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.test.ts'))
    const files = tests.filter((file) => /\bwithTools\(/.test(readFileSync(join('test', file), 'utf8')))
    t.same(files.toSorted(), [
      'alerts/alerts.test.ts',
      'bridge/through-a-proxy.test.ts',
      'client/authenticate.test.ts',
      'console/console.test.ts',
      'display/terminal.test.ts',
      'documents/connector.test.ts',
      'documents/http.test.ts',
      'documents/operations.test.ts',
      'documents/pipelines.test.ts',
      'documents/readme.test.ts',
      'documents/warehouse.test.ts',
      'documents/webhooks.test.ts',
      'due-times/faked-clock.test.ts',
      'left-out.test.ts',
      'log/terminal-line.test.ts',
      'network/as-curl.test.ts',
      'network/through-a-proxy.test.ts',
      'webhooks/sending.test.ts',
    ])
  },
)

t.test('no test is left out for another reason', async (t) => {
  const files = readdirSync('test', { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))
  const leavingOut = files.filter((file) =>
    /\b(skip|todo): *(true|['"`])|\bt\.(skip|todo)\(/.test(readFileSync(join('test', file), 'utf8')),
  )
  t.same(leavingOut, [])
})
