// Runs every recipe of docs/warehouse.md as a reader would, against a simulated Intercom, and compares what is in the
// warehouse with what Intercom has: after the first run, after changes, after a full refresh, and once more after that.
//   npm run try-warehouse -- [--recipe NAME]...
// All recipes together write docs/evidence/warehouse.md.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir, totalmem } from 'node:os'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { buildSimulator } from '../dist/simulator/app.js'
import { startService } from '../dist/simulator/demo/service-process.js'
import { rowsInside } from '../dist/simulator/records/rows-inside.js'
import { usualNames } from '../dist/simulator/records/streams.js'
import { ClientsMissing, prepareClients } from './client-environment.js'
import { startPostgres } from './postgres.js'
import { readRecipes } from './warehouse-recipes.js'

const root = join(import.meta.dirname, '..')
const evidence = join(root, 'docs', 'evidence', 'warehouse.md')
const workspace = {
  contacts: 1000,
  companies: 100,
  conversations: 100,
  tickets: 100,
  longTickets: 1,
  activityLogs: 300,
}
/** What is compared where `load.sql` loads. Other loaders keep rows inside a record of which it has none left. */
const everyName = [...usualNames, ...Object.keys(rowsInside).filter((name) => name !== 'ticket_type_attributes')]
const keyOf = (stream) => {
  const inside = rowsInside[stream]
  if (inside) return [...inside.members, inside.key]
  if (stream === 'company_segments') return ['company_id', 'id']
  return /^(company|contact)_attributes$/.test(stream) ? ['model', 'full_name'] : ['id']
}
const withTime = new Set(['contacts', 'companies', 'conversations', 'tickets'])
const longestMs = 600_000

const changes = [
  { stream: 'contacts', kind: 'update', count: 20 },
  { stream: 'contacts', kind: 'create', count: 5 },
  { stream: 'conversations', kind: 'reply', count: 10 },
  { stream: 'companies', kind: 'leave', count: 5 },
  { stream: 'tickets', kind: 'move', count: 5 },
  { stream: 'activity_logs', kind: 'create', count: 3 },
  { stream: 'tags', kind: 'create', count: 1 },
]
const deletes = [
  { stream: 'contacts', kind: 'delete', count: 7 },
  { stream: 'conversations', kind: 'delete', count: 3 },
  { stream: 'tickets', kind: 'delete', count: 2 },
  { stream: 'tags', kind: 'delete', count: 1 },
]

const { values } = parseArgs({ options: { recipe: { type: 'string', multiple: true } } })
const { recipes } = readRecipes(root)
const chosen = values.recipe ? recipes.filter(({ name }) => values.recipe.includes(name)) : recipes
const results = []
for (const recipe of chosen) {
  const result = await tryRecipe(recipe)
  results.push(result)
  const times = result.times.map((seconds) => `${seconds.toFixed(1)} s`).join(', ')
  console.log(`${recipe.name}: ${result.faults.length === 0 ? 'right' : 'WRONG'} (${times})`)
  for (const fault of result.faults) console.log(`  ${fault}`)
}
if (!values.recipe) writeEvidence(results)
if (results.some(({ faults }) => faults.length > 0)) process.exitCode = 1

/** Everything that a recipe needs is made for it alone, so that no recipe helps another. */
async function tryRecipe(recipe) {
  const result = { recipe, times: [], rows: 0, faults: [] }
  const closers = []
  try {
    const python = prepareClients(root, recipe.environment)
    const folder = mkdtempSync(join(tmpdir(), 'intercom-sync-warehouse-'))
    closers.unshift(() => rmSync(folder, { recursive: true, force: true }))
    const simulator = buildSimulator({ ...workspace, rowsInside: true })
    const names = recipe.layout === 'records' ? everyName : usualNames
    const intercom = await simulator.app.listen({ host: '127.0.0.1', port: 0 })
    closers.unshift(() => simulator.app.close())
    const postgres = recipe.warehouse === 'postgres' ? await startPostgres() : undefined
    if (postgres) closers.unshift(postgres.stop)
    const service = recipe.ownConnector ? undefined : await openService(intercom, folder)
    if (service) closers.unshift(service.stop)

    const place = { python, folder, intercom, service: service?.address, postgres, names }
    prepareFolder(recipe, place)
    if (recipe.setUp) await run(recipe.setUp, place)
    const address = postgres?.url ?? join(folder, 'warehouse.duckdb')
    const step = async (name, line, isExact) => {
      const start = performance.now()
      await run(`${recipe.exports ?? ''}\n${line}`, place)
      result.times.push((performance.now() - start) / 1000)
      const found = readRows(place, recipe.layout, address)
      result.faults.push(...differences(found, simulator.workspace, names, isExact).map((fault) => `${name}: ${fault}`))
      result.rows = Object.values(found.rows).reduce((sum, rows) => sum + Object.keys(rows).length, 0)
    }
    await step('first run', recipe.sync, true)
    for (const mutation of [...changes, ...deletes]) simulator.workspace.mutate(mutation)
    await step('second run', recipe.sync, false)
    await step('full refresh', recipe.refresh, true)
    simulator.workspace.mutate({ stream: 'contacts', kind: 'update', count: 4 })
    await step('run after the refresh', recipe.sync, true)
  } catch (error) {
    result.faults.push(error instanceof ClientsMissing ? `did not run: ${error.message}` : String(error.message))
  } finally {
    for (const close of closers) await close()
  }
  return result
}

async function openService(intercom, folder) {
  const signal = new AbortController().signal
  const command = [join(root, 'bin', 'intercom-sync'), 'serve', '--with-parent']
  const onLine = (line) => console.error(line)
  return startService({ command, intercom, dataDir: join(folder, 'data'), environment: process.env, onLine, signal })
}

/** What the page tells its readers to have: the files of docs/warehouse, those it shows, and the connector. */
function prepareFolder({ files }, place) {
  cpSync(join(root, 'docs', 'warehouse'), place.folder, { recursive: true })
  for (const [name, text] of Object.entries(files)) writeFile(join(place.folder, name), localize(text, place))
  symlinkSync(join(root, 'bin'), join(place.folder, 'bin'))
}

function writeFile(path, text) {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}

/** The page's addresses become those of this place. */
function localize(text, { folder, intercom, service, postgres }) {
  return text
    .replaceAll('http://127.0.0.1:8080', service ?? '')
    .replaceAll('http://127.0.0.1:4010', intercom)
    .replaceAll('port=5432', `port=${postgres?.port}`)
    .replaceAll('/srv/intercom', folder)
    .replaceAll(
      '\'{"config": {"access_token": "simulator-token"}}\'',
      '\'{"config": {"access_token": "simulator-token"}, "streams": ["*"]}\'',
    )
}

async function run(lines, place) {
  const { folder, intercom, service, postgres, python } = place
  const shell = spawn('sh', ['-ec', localize(lines, place)], {
    cwd: folder,
    env: {
      PATH: [dirname(python), postgres?.bin, process.env.PATH].filter(Boolean).join(':'),
      HOME: folder,
      TMPDIR: folder,
      DO_NOT_TRACK: '1',
      AIRBYTE_OFFLINE_MODE: '1',
      // As root, dlt would keep what it knows of a pipeline for the whole machine.
      DLT_DATA_DIR: join(folder, 'dlt'),
      RUNTIME__DLTHUB_TELEMETRY: 'false',
      AIRFLOW_HOME: join(folder, 'airflow'),
      AIRFLOW__CORE__LOAD_EXAMPLES: 'false',
      NO_LIVE_PROGRESS: '1',
      ...(service ? { INTERCOM_SYNC_URL: service } : { INTERCOM_BASE_URL: intercom }),
      ...(postgres && { DATABASE_URL: postgres.url }),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: longestMs,
    killSignal: 'SIGKILL',
  })
  let told = ''
  for (const output of [shell.stdout, shell.stderr]) output.setEncoding('utf8').on('data', (text) => (told += text))
  const [code, signal] = await once(shell, 'close')
  if (code !== 0) throw new Error(`"${lines.trim()}" ended with ${code ?? signal}:\n${told.slice(-3000)}`)
}

function readRows({ python, names }, layout, address) {
  const script = join(root, 'test', 'clients', 'warehouse_rows.py')
  const { status, stdout, stderr } = spawnSync(
    python,
    [script, layout, address, ...names.map((name) => [name, ...keyOf(name)].join(':'))],
    {
      encoding: 'utf8',
      maxBuffer: 1e9,
    },
  )
  if (status !== 0) throw new Error(`the rows could not be read: ${stderr.slice(-2000)}`)
  return JSON.parse(stdout)
}

/** @param isExact whether the warehouse may hold no row that Intercom has not any more */
function differences({ rows, twice }, simulated, names, isExact) {
  const faults = Object.entries(twice).map(([stream, count]) => `${stream} holds ${count} rows twice`)
  const expected = new Map(names.map((stream) => [stream, new Map()]))
  for (const { stream, id, updatedAt, visibleUntil, optional } of simulated.truth({ streams: names }))
    if (visibleUntil === null && !optional) expected.get(stream)?.set(id, updatedAt)
  for (const [stream, records] of expected) {
    const found = rows[stream] ?? {}
    const lacking = [...records.keys()].filter((id) => !(id in found))
    const stale = withTime.has(stream)
      ? [...records].filter(([id, updatedAt]) => id in found && found[id] !== updatedAt).map(([id]) => id)
      : []
    const left = isExact ? Object.keys(found).filter((id) => !records.has(id)) : []
    for (const [what, ids] of Object.entries({ lacks: lacking, 'has outdated': stale, 'still has': left }))
      if (ids.length > 0) faults.push(`${stream} ${what} ${ids.length} of ${records.size} rows, such as ${ids[0]}`)
  }
  return faults
}

function writeEvidence(all) {
  const seconds = (time) => (time === undefined ? '' : `${time.toFixed(1)} s`)
  const rows = all.map(({ recipe, times, rows: count, faults }) => {
    const verdict = faults.length === 0 ? 'right' : `WRONG: ${faults[0].split('\n')[0]}`
    return `| ${[recipe.name, ...[0, 1, 2, 3].map((place) => seconds(times[place])), count, verdict].join(' | ')} |`
  })
  mkdirSync(dirname(evidence), { recursive: true })
  writeFileSync(
    evidence,
    `# The recipes for warehouses

\`npm run try-warehouse\`, ${new Date().toISOString().slice(0, 10)}; ${cpus().length} cores, ${(totalmem() / 2 ** 30).toFixed(1)} GiB, Node ${process.versions.node}.

Each recipe of [warehouse.md](../warehouse.md) gets a simulated Intercom of its own: ${Object.entries(workspace)
      .map(([name, count]) => `${count} ${name}`)
      .join(
        ', ',
      )}. It runs once; then records of every kind are changed, created and deleted, and it runs again; then comes the full refresh; then four contacts change, and it runs once more. After each run every key of all fourteen streams, and, where load.sql loads, of all rows inside their records, and each \`updated_at\`, is compared with what Intercom has. Only after the second run may deleted rows still be there.

| Recipe | First run | Second run | Full refresh | Run after that | Rows | Result |
| --- | --- | --- | --- | --- | --- | --- |
${rows.join('\n')}
`,
  )
}
