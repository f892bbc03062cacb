// The recipes of docs/warehouse.md, as scripts/try-warehouse.js runs them.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * @typedef {object} Recipe
 * @property {string} name
 * @property {string} environment name of its virtual environment, see client-environment.js
 * @property {'records' | 'tables'} layout how warehouse_rows.py finds the rows
 * @property {'duckdb' | 'postgres'} warehouse
 * @property {boolean} ownConnector it runs the connector by itself, without a service
 * @property {Record<string, string>} files what the page shows as a file, by name
 * @property {string} [setUp] lines of a shell, before the first run
 * @property {string} [exports] a line of a shell, before each run
 * @property {string} sync a line of a shell: what is new
 * @property {string} refresh a line of a shell: everything, and deletes
 */

/** @returns {{blocks: {heading: string, language: string, text: string}[], recipes: Recipe[]}} */
export function readRecipes(root) {
  const blocks = readBlocks(readFileSync(join(root, 'docs', 'warehouse.md'), 'utf8'))
  const fileNamed = (name) => {
    const block = blocks.find(({ text }) => text.split('\n', 1)[0].includes(name))
    if (block === undefined) throw new Error(`docs/warehouse.md has no ${name}`)
    return block.text
  }
  const lineWith = (...words) => {
    const lines = blocks.filter(({ language }) => language === 'sh' || language === 'crontab')
    const found = lines
      .flatMap(({ text }) => text.split('\n'))
      .find((line) => words.every((word) => line.includes(word)))
    if (found === undefined) throw new Error(`docs/warehouse.md has no line with ${words.join(', ')}`)
    return found.replace(/ {2,}#.*$/, '')
  }
  const asRefresh = (line) => line.replace('@sync.json', '@refresh.json')
  const connection = blocks.find(({ heading }) => heading.startsWith('One connection'))?.text ?? ''

  const pyAirbyte = (warehouse) => {
    const name = `pyairbyte_${warehouse}.py`
    return {
      environment: 'clients',
      layout: 'tables',
      warehouse,
      ownConnector: true,
      files: { [name]: fileNamed(name) },
      sync: lineWith('python pyairbyte_duckdb.py', 'again').replace('duckdb', warehouse),
      refresh: lineWith('python pyairbyte_duckdb.py refresh').replace('duckdb', warehouse),
    }
  }
  const byService = (sync, rest) => ({
    environment: 'dlt',
    layout: 'records',
    ownConnector: false,
    files: {},
    setUp: connection,
    sync,
    refresh: asRefresh(sync),
    ...rest,
  })
  const dlt = (warehouse) =>
    byService(lineWith('@sync.json', 'load_dlt.py').replace('duckdb', warehouse), {
      layout: 'tables',
      warehouse,
      files: { 'load_dlt.py': fileNamed('load_dlt.py') },
      exports: lineWith(`export DESTINATION__${warehouse.toUpperCase()}`),
    })
  const atTimes = (line) => line.replace(/^(\S+ +){5}/, '')
  const inAirflow = (job) => `airflow dags test intercom_${job}`
  const recipes = [
    { name: 'PyAirbyte into DuckDB', ...pyAirbyte('duckdb') },
    { name: 'PyAirbyte into Postgres', ...pyAirbyte('postgres') },
    { name: 'Plain Postgres', ...byService(lineWith('@sync.json', 'psql'), { warehouse: 'postgres' }) },
    {
      name: 'DuckDB on files',
      ...byService(lineWith('@sync.json', 'load_duckdb.py'), {
        warehouse: 'duckdb',
        files: { 'load_duckdb.py': fileNamed('load_duckdb.py') },
      }),
    },
    { name: 'dlt into DuckDB', ...dlt('duckdb') },
    { name: 'dlt into Postgres', ...dlt('postgres') },
    {
      name: 'cron',
      ...byService(atTimes(lineWith('*/15', '@sync.json')), {
        warehouse: 'postgres',
        refresh: atTimes(lineWith('* * 0', '@refresh.json')),
      }),
    },
    {
      name: 'Airflow',
      ...byService(inAirflow('sync'), {
        environment: 'airflow',
        warehouse: 'postgres',
        files: { 'airflow/dags/intercom.py': fileNamed('dags/intercom.py') },
        refresh: inAirflow('refresh'),
        setUp: `${connection}\nairflow db migrate > airflow.log 2>&1\nairflow dags reserialize >> airflow.log 2>&1`,
      }),
    },
  ]
  return { blocks, recipes }
}

function readBlocks(text) {
  const blocks = []
  let heading = ''
  for (const { groups } of text.matchAll(/^#+ (?<heading>.+)$|^```(?<language>\w*)\n(?<text>[\s\S]*?)^```$/gm)) {
    if (groups.heading === undefined) blocks.push({ heading, language: groups.language, text: groups.text })
    else heading = groups.heading
  }
  return blocks
}
