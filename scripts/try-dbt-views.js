// Loads a simulated Intercom into Postgres and DuckDB by the lines of docs/warehouse.md, makes the views of its chapter
// "Views for dbt", and selects every column that the dbt package reads (test/clients/dbt_intercom_columns.json).
//   npm run try-dbt-views -- [--if-possible] [--evidence]
// --evidence writes docs/evidence/dbt-views.md.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir, totalmem } from 'node:os'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { buildSimulator } from '../dist/simulator/app.js'
import { startService } from '../dist/simulator/demo/service-process.js'
import { ClientsMissing, prepareClients } from './client-environment.js'
import { PostgresMissing, startPostgres } from './postgres.js'
import { readRecipes } from './warehouse-recipes.js'

const root = join(import.meta.dirname, '..')
const evidence = join(root, 'docs', 'evidence', 'dbt-views.md')
const workspace = {
  contacts: 300,
  companies: 60,
  conversations: 120,
  longConversations: 0,
  articles: 60,
  references: 4,
  lists: { collections: 20 },
}
const changes = [
  { stream: 'contacts', kind: 'delete', count: 4 },
  { stream: 'contacts', kind: 'merge', count: 2 },
  { stream: 'contacts', kind: 'update', count: 5 },
  { stream: 'conversations', kind: 'delete', count: 3 },
]
/** By table of the package: the stream whose rows it has, and the columns that tell them apart, as the stream's key does. */
const tables = {
  admin: ['admins', 'id'],
  article_history: ['articles', 'id'],
  collection_history: ['collections', 'id'],
  company_history: ['companies', 'id'],
  company_tag_history: ['company_tags', 'company_id', 'tag_id'],
  contact_company_history: ['contact_companies', 'contact_id', 'company_id'],
  contact_history: ['contacts', 'id'],
  contact_tag_history: ['contact_tags', 'contact_id', 'tag_id'],
  conversation_contact_history: ['conversation_contacts', 'conversation_id', 'contact_id'],
  conversation_history: ['conversations', 'id'],
  conversation_part_history: ['conversation_parts', 'id'],
  conversation_tag_history: ['conversation_tags', 'conversation_id', 'tag_id'],
  help_center_history: ['help_centers', 'id'],
  tag: ['tags', 'id'],
  team: ['teams', 'id'],
  team_admin: ['team_admins', 'team_id', 'admin_id'],
}
/** Intercom has nothing for these, and docs/warehouse.md says so. */
const alwaysNull = new Set(['article_history.section_id'])
const longestMs = 120_000

const { values } = parseArgs({
  options: { 'if-possible': { type: 'boolean', default: false }, evidence: { type: 'boolean', default: false } },
})
try {
  const start = performance.now()
  const result = await tryViews(prepareClients(root))
  const seconds = (performance.now() - start) / 1000
  for (const fault of result.faults) console.log(`  ${fault}`)
  const verdict = result.faults.length === 0 ? 'right' : 'WRONG'
  console.log(`views for dbt: ${verdict} (${result.columns} columns in each warehouse, ${seconds.toFixed(1)} s)`)
  if (values.evidence) writeEvidence(result, seconds)
  if (result.faults.length > 0) process.exitCode = 1
} catch (error) {
  if (!(error instanceof ClientsMissing || error instanceof PostgresMissing)) throw error
  console.log(`views for dbt: did not run: ${error.message}`)
  if (!values['if-possible']) process.exitCode = 1
}

async function tryViews(python) {
  const folder = mkdtempSync(join(tmpdir(), 'intercom-sync-dbt-views-'))
  const closers = [() => rmSync(folder, { recursive: true, force: true })]
  try {
    const postgres = await startPostgres()
    closers.unshift(postgres.stop)
    const simulator = buildSimulator(workspace)
    closers.unshift(() => simulator.app.close())
    const service = await startService({
      command: [join(root, 'bin', 'intercom-sync'), 'serve', '--with-parent'],
      intercom: await simulator.app.listen({ host: '127.0.0.1', port: 0 }),
      dataDir: join(folder, 'data'),
      environment: process.env,
      onLine: (line) => console.error(line),
      signal: new AbortController().signal,
    })
    closers.unshift(service.stop)
    return await compareViews(simulator.workspace, { folder, python, postgres, service: service.address })
  } finally {
    for (const close of closers) await close()
  }
}

async function compareViews(intercom, place) {
  const { lines, files } = readChapter()
  cpSync(join(root, 'docs', 'warehouse'), place.folder, { recursive: true })
  for (const [name, text] of Object.entries(files)) writeFileSync(join(place.folder, name), text)
  // One connection feeds both, so one command loads both.
  const sync = lines.load.replace(/psql .*/, (command) => `sh -c '${command} && python load_duckdb.py'`)
  await run(`${lines.connection}\n${sync}\n${lines.views}\npython dbt_views.py`, place)
  const first = readViews(place)
  const faults = Object.entries(first).flatMap(([name, tables]) => findNulls(name, tables))
  faults.push(...findDifferences('first run', first), ...findWrongRows('first run', intercom, first.Postgres))

  const changed = changes.map((change) => [change.stream, intercom.mutate(change)])
  await run(sync, place)
  const second = readViews(place)
  faults.push(...findDifferences('second run', second), ...findWrongRows('second run', intercom, second.Postgres))
  for (const [stream, ids] of changed) {
    const [table] = Object.entries(tables).find(([, [of]]) => of === stream)
    const { active, inactive } = second.Postgres[table]
    for (const id of ids) if (![...active, ...inactive].includes(id)) faults.push(`${table} has no row of ${id}`)
  }
  const columns = Object.values(first.Postgres).reduce((sum, table) => sum + Object.keys(table.columns).length, 0)
  return { faults, columns, first, second }
}

/** What the page shows, each thing once. */
function readChapter() {
  const { blocks } = readRecipes(root)
  const find = (word) => {
    const block = blocks.find(({ text }) => text.includes(word))
    if (block === undefined) throw new Error(`docs/warehouse.md has nothing with ${word}`)
    return block.text
  }
  const [load, views] = find('@dbt.json').split('\n')
  return {
    lines: { connection: find('> dbt.json'), load, views },
    files: { 'dbt_views.py': find('# dbt_views.py'), 'load_duckdb.py': find('# load_duckdb.py') },
  }
}

/** The simulator is in this process, so nothing may block it meanwhile. */
async function run(lines, { folder, python, postgres, service }) {
  const text = lines.replaceAll('http://127.0.0.1:8080', service)
  const shell = spawn('sh', ['-ec', text], {
    cwd: folder,
    env: {
      PATH: [dirname(python), postgres.bin, process.env.PATH].join(':'),
      HOME: folder,
      INTERCOM_SYNC_URL: service,
      DATABASE_URL: postgres.url,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: longestMs,
  })
  let told = ''
  for (const output of [shell.stdout, shell.stderr]) output.setEncoding('utf8').on('data', (part) => (told += part))
  const [code, signal] = await once(shell, 'close')
  if (code !== 0) throw new Error(`"${text.trim()}" ended with ${code ?? signal}:\n${told}`)
}

function readViews({ folder, python, postgres }) {
  const script = join(root, 'test', 'clients', 'warehouse_columns.py')
  const addresses = { Postgres: postgres.url, DuckDB: join(folder, 'warehouse.duckdb') }
  const keys = JSON.stringify(Object.fromEntries(Object.entries(tables).map(([table, [, ...key]]) => [table, key])))
  const read = (address) => {
    const { status, stdout, stderr } = spawnSync(python, [script, address, keys], {
      encoding: 'utf8',
      maxBuffer: 1e8,
    })
    if (status !== 0) throw new Error(`the views could not be read: ${stderr.slice(-2000)}`)
    return JSON.parse(stdout)
  }
  return Object.fromEntries(Object.entries(addresses).map(([name, address]) => [name, read(address)]))
}

function findNulls(warehouse, tables) {
  return Object.entries(tables).flatMap(([table, { columns }]) =>
    Object.entries(columns).flatMap(([column, found]) => {
      const name = `${table}.${column}`
      if (typeof found === 'string') return `${warehouse} has no ${name}: ${found}`
      if (found === 0 && !alwaysNull.has(name)) return `${warehouse}: ${name} is null in every row`
      return found > 0 && alwaysNull.has(name) ? `${warehouse}: ${name} is not always null` : []
    }),
  )
}

function findDifferences(when, { Postgres, DuckDB }) {
  return Object.keys(Postgres).flatMap((table) =>
    JSON.stringify(Postgres[table]) === JSON.stringify(DuckDB[table])
      ? []
      : `${when}: ${table} is not the same in Postgres and DuckDB`,
  )
}

/** The active rows must be those that Intercom has. */
function findWrongRows(when, intercom, found) {
  return Object.entries(tables).flatMap(([table, [stream]]) => {
    const lines = [...intercom.truth({ streams: [stream] })].filter(({ visibleUntil }) => visibleUntil === null)
    const known = new Set(lines.map(({ id }) => id))
    const needed = new Set(lines.filter(({ optional }) => !optional).map(({ id }) => id))
    const active = new Set(found[table].active)
    const faults = needed.size > 0 ? [] : [`${table}: Intercom has no rows to compare`]
    if (active.size < found[table].active.length) faults.push(`${table} has rows twice`)
    const lacking = [...needed].filter((id) => !active.has(id))
    const left = [...active].filter((id) => !known.has(id))
    for (const [what, ids] of Object.entries({ lacks: lacking, 'still has': left }))
      if (ids.length > 0) faults.push(`${table} ${what} ${ids.length} rows, such as ${ids[0]}`)
    return faults.map((fault) => `${when}: ${fault}`)
  })
}

function writeEvidence({ first, second, columns, faults }, seconds) {
  const rows = Object.keys(tables).map((table) => {
    const [{ columns: filled, active }, after] = [first.Postgres[table], second.Postgres[table]]
    const names = Object.keys(filled)
    const withValues = names.filter((name) => filled[name] > 0)
    const counts = [active.length, after.active.length, after.inactive.length]
    return `| ${[`\`${table}\``, names.length, withValues.length, ...counts].join(' | ')} |`
  })
  const verdict = faults.length === 0 ? 'Nothing was missing.' : faults.map((fault) => `- ${fault}`).join('\n')
  writeFileSync(
    evidence,
    `# The views for dbt

\`npm run try-dbt-views -- --evidence\`, ${new Date().toISOString().slice(0, 10)}; ${cpus().length} cores, ${(totalmem() / 2 ** 30).toFixed(1)} GiB, Node ${process.versions.node}; ${seconds.toFixed(1)} s, with other work on the machine.

One simulated Intercom is loaded into Postgres and DuckDB by the lines of [warehouse.md](../warehouse.md#views-for-dbt). Each of the ${columns} columns that \`fivetran/dbt_intercom\` 1.6.1 reads (commit \`de507ec\`) is selected in both: it must be there, and must not be null in every row, but for ${[...alwaysNull].map((name) => `\`${name}\``).join(', ')}. Then contacts are deleted, merged and changed, and conversations deleted, and the connection is synced again. After each run the active rows must be those that Intercom has, by their keys, and what was changed or deleted must have a row. Keys, and how many rows have a value in each column, must be the same in Postgres and DuckDB.

${verdict}

| View | Columns | With values | Active rows | After the second run | Not active then |
| --- | --- | --- | --- | --- | --- |
${rows.join('\n')}
`,
  )
}
