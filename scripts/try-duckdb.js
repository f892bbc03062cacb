// Runs the SQL of docs/pipelines.md in DuckDB, over what the connector reads from a simulated Intercom, and checks what
// came of it. DuckDB comes from PyPI into .cache/duckdb; hence this is no test.
//   npm run build && node scripts/try-duckdb.js
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const environment = join(root, '.cache', 'duckdb')
const python = join(environment, 'bin', 'python')
const sql = /^```sql\n([\s\S]*?)^```$/m.exec(readFileSync(join(root, 'docs', 'pipelines.md'), 'utf8'))?.[1]
if (sql === undefined) throw new Error('docs/pipelines.md has no SQL')

if (!existsSync(python)) {
  execFileSync('python3', ['-m', 'venv', environment], { stdio: 'inherit' })
  execFileSync(python, ['-m', 'pip', 'install', '--quiet', 'duckdb'], { stdio: 'inherit' })
}

const folder = mkdtempSync(join(tmpdir(), 'intercom-sync-duckdb-'))
const simulator = spawn(process.execPath, [join(root, 'dist/simulator/main.js'), '--port', '0', '--contacts', '200'], {
  stdio: ['ignore', 'pipe', 'inherit'],
})
try {
  const intercom = await addressOf(simulator)
  writeJson('config.json', { access_token: 'simulator-token' })
  writeJson('first.json', catalogOf('contacts', 'conversations', 'conversation_parts'))
  writeJson('second.json', catalogOf('contacts'))
  read(intercom, 'first.json', 'messages-1.ndjson')
  await fetch(`${intercom}/_simulator/mutate`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ kind: 'update', count: 5 }),
  })
  read(intercom, 'second.json', 'messages-2.ndjson')
  check(runSql())
} finally {
  simulator.kill()
  rmSync(folder, { recursive: true, force: true })
}

async function addressOf({ stdout }) {
  const [line] = await once(createInterface({ input: stdout }), 'line')
  return JSON.parse(line).listening
}

function writeJson(file, content) {
  writeFileSync(join(folder, file), JSON.stringify(content))
}

function catalogOf(...names) {
  const streams = names.map((name) => ({
    stream: { name, json_schema: {}, supported_sync_modes: ['full_refresh', 'incremental'] },
    sync_mode: 'full_refresh',
    destination_sync_mode: 'overwrite',
  }))
  return { streams }
}

function read(intercom, catalog, target) {
  execFileSync(join(root, 'bin/intercom-sync'), ['read', '--config', 'config.json', '--catalog', catalog], {
    cwd: folder,
    env: { ...process.env, INTERCOM_BASE_URL: intercom },
    stdio: ['ignore', openSync(join(folder, target), 'w'), 'inherit'],
  })
}

/** The document's statements as they stand; then what is in their tables. */
function runSql() {
  const program = `
import duckdb, json, sys
database = duckdb.connect()
for statement in duckdb.extract_statements(sys.stdin.read()):
    result = database.execute(statement)
    if statement.type == duckdb.StatementType.SELECT: print(result.fetchall(), file=sys.stderr)
tables = {name: database.execute(f"SELECT id FROM {name}").fetchall() for name in ("contacts", "conversation_parts")}
newest = database.execute("SELECT id, epoch(updated_at)::BIGINT FROM contacts").fetchall()
parquet = database.execute("SELECT count(*) FROM 'contacts.parquet'").fetchone()[0]
print(json.dumps({"version": duckdb.__version__, "tables": tables, "newest": dict(newest), "parquet": parquet}))
`
  return JSON.parse(execFileSync(python, ['-c', program], { cwd: folder, input: sql, encoding: 'utf8' }))
}

/** Holds the tables against a count of the files by hand: every id once, each with its newest version. */
function check({ version, tables, newest, parquet }) {
  const records = ['messages-1.ndjson', 'messages-2.ndjson']
    .flatMap((file) => readFileSync(join(folder, file), 'utf8').trimEnd().split('\n'))
    .map((line) => JSON.parse(line).record)
    .filter((record) => record !== undefined)
  for (const [name, rows] of Object.entries(tables)) {
    const expected = new Map(records.filter(({ stream }) => stream === name).map(({ data }) => [data.id, data]))
    const isRight =
      expected.size > 0 &&
      rows.length === expected.size &&
      rows.every(([id]) => expected.has(id)) &&
      (name !== 'contacts' || rows.every(([id]) => newest[id] === expected.get(id).updated_at))
    console.log(`${name}: ${rows.length} rows of ${expected.size} records, ${isRight ? 'right' : 'WRONG'}`)
    if (!isRight || (name === 'contacts' && parquet !== rows.length)) process.exitCode = 1
  }
  console.log(`DuckDB ${version}`)
}
