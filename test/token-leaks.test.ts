import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { defaultToken } from '../simulator/options.ts'
import { runProcess, type Teardown } from './support/processes.ts'
import { onRealRedis, startRedis } from './support/redis.ts'

/** A test that has ended when `end` is called. */
function endableTest() {
  const callbacks: (() => unknown)[] = []
  const test: Teardown = { teardown: (callback) => callbacks.push(callback) }
  const end = async () => {
    for (const callback of callbacks.reverse()) await callback()
  }
  return { test, end }
}

t.test('a test fails whose Redis holds the token in clear', onRealRedis, async (t) => {
  for (const [value, isLeak] of [
    ['something else', false],
    [`Bearer ${defaultToken}`, true],
    [Buffer.from(`{"access_token":"${defaultToken}"}`).toString('base64'), true],
  ] as const) {
    const { test, end } = endableTest()
    const server = await startRedis(test)
    await server.connect().set('key', value)
    if (isLeak) await t.rejects(end(), { message: /the token is in .*dump\.rdb/ })
    else await t.resolves(end())
  }
})

t.test('a test fails whose process prints the token, or leaves it in its folder', async (t) => {
  const run = async (script: string, more = {}, environment = {}) => {
    const { test, end } = endableTest()
    await runProcess(test, 'sh', ['-c', script], environment, more).exited
    return end
  }
  await t.resolves((await run('echo nothing'))())
  await t.rejects((await run(`printf '%s-token\\n' simulator`))(), { message: /the token is in what/ })
  await t.rejects((await run(`printf '%s-token\\n' simulator >&2`))(), { message: /the token is in what/ })
  const late = `head -c 300000 /dev/zero | tr '\\0' x; printf '\\n%s-token\\n' simulator`
  await t.rejects((await run(late))(), { message: /the token is in what/ }, 'the last of much text')
  await t.resolves((await run(`printf '%s-token\\n' simulator`, { showsToken: true }))())

  const folder = await mkdtemp(join(tmpdir(), 'token-leaks-'))
  t.teardown(() => rm(folder, { recursive: true }))
  await writeFile(join(folder, 'segment'), `x${defaultToken}`)
  await t.rejects((await run('true', {}, { DATA_DIR: folder }))(), { message: /the token is in .*segment/ })
})
