// Generates a Python client from openapi.yaml and runs it against the service: `npm run test:generated-python`.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { buildSimulator } from '../dist/simulator/app.js'
import { startService } from '../dist/simulator/demo/service-process.js'
import { ClientsMissing, prepareClients } from './client-environment.js'

const root = join(import.meta.dirname, '..')
const workspace = { contacts: 60, companies: 20, conversations: 20, tickets: 10, activityLogs: 20 }

/** A client that hangs is a failure, not a wait. */
const clientMs = 120_000

const { values } = parseArgs({ options: { 'if-possible': { type: 'boolean', default: false } } })
const folder = mkdtempSync(join(tmpdir(), 'intercom-sync-generated-'))
try {
  process.exitCode = (await testClient(prepareClients(root, 'generated'))) ? 0 : 1
} catch (error) {
  if (!(error instanceof ClientsMissing)) throw error
  process.stdout.write(`generated Python client: did not run: ${error.message}\n`)
  if (!values['if-possible']) process.exitCode = 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}

/** Returns whether everything holds. */
async function testClient(python) {
  const simulator = buildSimulator(workspace)
  const stop = new AbortController()
  try {
    const service = await startService({
      command: [join(root, 'bin', 'intercom-sync'), 'serve', '--with-parent'],
      intercom: await simulator.app.listen({ host: '127.0.0.1', port: 0 }),
      dataDir: join(folder, 'data'),
      environment: process.env,
      onLine: (line) => process.stderr.write(`${line}\n`),
      signal: stop.signal,
    })
    const isRight = await runClient(python, service.address)
    await service.stop()
    return isRight
  } finally {
    stop.abort()
    await simulator.app.close()
  }
}

async function runClient(python, service) {
  const setting = join(folder, 'setting.json')
  writeFileSync(setting, JSON.stringify({ openapi: join(root, 'openapi.yaml'), service, folder }))
  const child = spawn(python, [join(root, 'test', 'clients', 'generated_client.py'), setting], {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: folder, TMPDIR: folder },
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: clientMs,
    killSignal: 'SIGKILL',
  })
  const lines = []
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line))
  const [code, signal] = await once(child, 'close')
  const passed = lines.filter((line) => line.startsWith('ok - ')).length
  const failed = lines.filter((line) => line.startsWith('not ok - ')).length
  const isDone = code === 0 && lines.includes('done')
  if (failed > 0 || !isDone) process.stdout.write(`${lines.join('\n')}\n`)
  if (!isDone) process.stdout.write(`the client ended with ${code ?? signal}\n`)
  process.stdout.write(`generated Python client: ${passed} passed, ${failed} failed\n`)
  return isDone && failed === 0
}
