import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { exampleWorkspace, withDefaults } from '../../simulator/options.ts'
import { usualNames } from '../../simulator/records/streams.ts'
import { tryOutCommands } from '../../src/command-line/try-out-commands.ts'

const main = fileURLToPath(new URL('../../simulator/main.js', import.meta.url))

t.test('the simulator runs as a process of its own and ends on SIGTERM', async (t) => {
  const flags = [
    '--port',
    '0',
    '--contacts',
    '3',
    '--tags',
    '2',
    '--no-oddities',
    '--timezone',
    'Asia/Tokyo',
    '--token',
    'abc',
  ]
  const child = spawn(process.execPath, [main, ...flags], { stdio: ['ignore', 'pipe', 'inherit'] })
  t.teardown(() => child.kill('SIGKILL'))
  const lines = createInterface({ input: child.stdout })
  const [line] = (await once(lines, 'line')) as [string]
  const { listening } = JSON.parse(line) as { listening: string }
  t.match(listening, /^http:\/\/127\.0\.0\.1:\d+$/)
  const me = await fetch(`${listening}/me`, { headers: { authorization: 'Bearer abc' } })
  t.match(await me.json(), { app: { timezone: 'Asia/Tokyo' } })
  const truth = await (await fetch(`${listening}/_simulator/truth?streams=contacts,tags`)).text()
  t.equal(truth.trimEnd().split('\n').length, 5)

  const printed = once(lines, 'line') as Promise<[string]>
  const message = { type: 'webhook.test', data: {} }
  const headers = { 'content-type': 'application/json', 'webhook-id': 'msg_1' }
  const taken = await fetch(`${listening}/_simulator/webhook`, {
    method: 'POST',
    headers,
    body: JSON.stringify(message),
  })
  t.equal(taken.status, 204)
  t.same(JSON.parse((await printed)[0]), { webhook: 'msg_1', message })
  child.kill('SIGTERM')
  t.same(await once(child, 'exit'), [0, null])
})

t.test('the process has records for every stream that a sync reads by itself', async (t) => {
  const child = spawn(process.execPath, [main, '--port', '0'], { stdio: ['ignore', 'pipe', 'inherit'] })
  t.teardown(() => child.kill('SIGKILL'))
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
  const { listening } = JSON.parse(line) as { listening: string }
  const truth = await (await fetch(`${listening}/_simulator/truth`)).text()
  const streams = new Set(
    truth
      .trimEnd()
      .split('\n')
      .map((one) => (JSON.parse(one) as { stream: string }).stream),
  )
  // Every workspace has attributes of conversations, which a sync reads when they are named.
  t.same([...streams].toSorted(), [...usualNames, 'conversation_attributes'].toSorted())
  t.equal(usualNames.length, 14)
})

t.test('a flag that is no number ends the process before it listens', async (t) => {
  const child = spawn(process.execPath, [main, '--port', 'high'], { stdio: ['ignore', 'pipe', 'pipe'] })
  let told = ''
  child.stderr.on('data', (chunk: Buffer) => {
    told += chunk.toString()
  })
  const [code] = (await once(child, 'close')) as [number]
  t.not(code, 0)
  t.match(told, /--port must be a whole number, not "high"/)
})

t.test('the help says how much of everything there is when nothing is said', async (t) => {
  const defaults = new Map<string, unknown>(Object.entries({ ...withDefaults({}), ...exampleWorkspace }))
  const told = Object.entries(tryOutCommands.simulator.options).flatMap(([flag, { summary }]) => {
    const amount = defaults.get(flag.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase()))
    return typeof amount === 'number' ? [{ flag, summary, amount }] : []
  })
  t.ok(told.length >= 14)
  t.same(
    told.filter(({ summary, amount }) => !summary.endsWith(` (${amount})`)),
    [],
  )
})
