// Runs the executable under the clients that people run it with, against a simulated Intercom: `npm run test:clients`.
//   --if-possible   a machine that cannot have the clients is told in one line, and is no failure
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { buildSimulator } from '../dist/simulator/app.js'
import { startService } from '../dist/simulator/demo/service-process.js'
import { contentLists } from '../dist/simulator/records/plain/content-lists.js'
import { streamsOfVersion } from '../dist/src/streams/versions.js'
import { ClientsMissing, prepareClients } from './client-environment.js'
import { PostgresMissing, startPostgres } from './postgres.js'

const root = join(import.meta.dirname, '..')
const clients = ['pyairbyte_client.py', 'pyairbyte_postgres_client.py', 'cdk_client.py', 'serverless_client.py']

/** Every stream has records, children of more than one page too; it is read in seconds. */
const workspace = {
  contacts: 150,
  companies: 40,
  conversations: 30,
  tickets: 20,
  longTickets: 1,
  activityLogs: 60,
  articles: 20,
  references: 2,
  lists: Object.fromEntries(Object.keys(contentLists).map((name) => [name, 10])),
  companyNotes: 2,
  rowsInside: true,
}

/** The connection that the service keeps. */
const connectionId = 'clients'

/** A client that hangs is a failure, not a wait. */
const clientMs = 300_000

const { values } = parseArgs({ options: { 'if-possible': { type: 'boolean', default: false } } })
const python = findClients()
if (python !== undefined) process.exitCode = (await testClients(python)) ? 0 : 1

/** `undefined` where there are none, and none are asked for. */
function findClients() {
  try {
    return prepareClients(root)
  } catch (error) {
    if (!(error instanceof ClientsMissing)) throw error
    process.stdout.write(`clients: did not run: ${error.message}\n`)
    if (!values['if-possible']) process.exitCode = 1
    return undefined
  }
}

/** Returns whether everything holds. */
async function testClients(python) {
  const start = performance.now()
  const folder = mkdtempSync(join(tmpdir(), 'intercom-sync-clients-'))
  const simulator = buildSimulator(workspace)
  const stop = new AbortController()
  const results = { passed: 0, failed: 0 }
  let postgres
  try {
    postgres = await openPostgres()
    const intercom = await simulator.app.listen({ host: '127.0.0.1', port: 0 })
    const service = await startService({
      command: [join(root, 'bin', 'intercom-sync'), 'serve', '--with-parent'],
      intercom,
      dataDir: join(folder, 'data'),
      environment: process.env,
      onLine: (line) => process.stderr.write(`${line}\n`),
      signal: stop.signal,
    })
    await keepConnection(service.address)
    const truth = countRecords(simulator.workspace)
    for (const way of waysOf(intercom, service.address)) {
      for (const client of clients) {
        if (postgres === undefined && client.includes('postgres')) continue
        const name = way.name.replace(' ', '_')
        const setting = { truth, postgres: { ...postgres, stop: undefined }, schema: name }
        await runClient({ python, client, way, setting, folder: join(folder, name, client) }, results)
      }
    }
    await service.stop()
  } finally {
    stop.abort()
    await simulator.app.close()
    await postgres?.stop()
    rmSync(folder, { recursive: true, force: true })
  }
  const seconds = ((performance.now() - start) / 1000).toFixed(0)
  process.stdout.write(`clients: ${results.passed} passed, ${results.failed} failed (${seconds} s)\n`)
  return results.failed === 0
}

/** `undefined` where there is no Postgres, and none is asked for. */
async function openPostgres() {
  try {
    return await startPostgres()
  } catch (error) {
    if (!(error instanceof PostgresMissing) || !values['if-possible']) throw error
    process.stdout.write(`clients: nothing is read into Postgres: ${error.message}\n`)
    return undefined
  }
}

/** A connection of the service, for configs without a token. */
async function keepConnection(service) {
  const response = await fetch(`${service}/v1/connections/${connectionId}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ config: { access_token: 'simulator-token' } }),
  })
  if (!response.ok) throw new Error(`the service keeps no connection: ${await response.text()}`)
}

/** How the executable is run. Only the service knows where Intercom is, when the connector is a bridge to it. */
function waysOf(intercom, service) {
  const config = { access_token: 'simulator-token' }
  return [
    { name: 'in process', config, environment: { INTERCOM_BASE_URL: intercom } },
    {
      name: 'bridge',
      config: { ...config, service_url: service },
      connection: { connection_id: connectionId, service_url: service },
      environment: {},
    },
  ]
}

/** By stream: how many records a sync must and may give. */
function countRecords(workspace) {
  const streams = streamsOfVersion().map(({ name }) => name)
  const truth = Object.fromEntries(streams.map((name) => [name, { least: 0, most: 0 }]))
  for (const { stream, visibleUntil, optional } of workspace.truth({ streams })) {
    // Events leave their list after ninety days: their end is known beforehand.
    if (visibleUntil !== null && visibleUntil <= Date.now()) continue
    truth[stream].most++
    if (!optional) truth[stream].least++
  }
  return truth
}

/** Runs one script to its end and adds its lines up. One that breaks off, or hangs, is a failure more. */
async function runClient({ python, client, way, setting, folder }, results) {
  const start = performance.now()
  mkdirSync(folder, { recursive: true })
  const file = join(folder, 'setting.json')
  const executable = join(root, 'bin', 'intercom-sync')
  writeFileSync(
    file,
    JSON.stringify({ executable, config: way.config, connection: way.connection, folder, ...setting }),
  )
  const child = spawn(python, [join(root, 'test', 'clients', client), file], {
    cwd: folder,
    env: { ...clientEnvironment(folder), ...way.environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: clientMs,
    killSignal: 'SIGKILL',
  })
  const name = `${way.name}, ${client}`
  const lines = []
  const before = { ...results }
  let isDone = false
  for (const output of [child.stdout, child.stderr]) {
    createInterface({ input: output }).on('line', (line) => {
      lines.push(line)
      if (line === 'done') isDone = true
      else if (line.startsWith('ok - ')) results.passed++
      else if (line.startsWith('not ok - ')) results.failed++
    })
  }
  const [code, signal] = await once(child, 'close')
  if (!isDone || code !== 0) {
    lines.push(`not ok - the script ended with ${code ?? signal}`)
    results.failed++
  }
  const seconds = ((performance.now() - start) / 1000).toFixed(0)
  const failed = results.failed - before.failed
  process.stdout.write(`${name}: ${results.passed - before.passed} passed, ${failed} failed (${seconds} s)\n`)
  if (failed > 0) process.stdout.write(`${lines.slice(-100).join('\n')}\n`)
}

/** Nothing of ours but the PATH: no telemetry, no registry of connectors, no files in anybody's home. */
function clientEnvironment(folder) {
  return {
    PATH: process.env.PATH,
    HOME: folder,
    DO_NOT_TRACK: '1',
    AIRBYTE_OFFLINE_MODE: '1',
    AIRBYTE_PROJECT_DIR: folder,
    AIRBYTE_LOGGING_ROOT: folder,
    TMPDIR: folder,
    PYTHONWARNINGS: 'ignore',
    NO_LIVE_PROGRESS: '1',
    PYTHONPYCACHEPREFIX: join(root, '.cache', 'clients', 'compiled'),
  }
}
