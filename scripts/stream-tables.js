// Writes the tables of docs/streams.md and docs/airbyte.md that have a row for each stream anew from the stream table:
// `npm run stream-tables`. With --check it only says whether they differ; a test fails while they do.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const root = join(import.meta.dirname, '..')
const imported = (path) => import(pathToFileURL(join(root, 'dist', 'src', 'streams', path)).href)
const { streamTable } = await imported('table.js')
const { isInEvery } = await imported('every-stream.js')
const { listProbes } = await imported('probes.js')
const { streamsOfVersion } = await imported('versions.js')
const entries = streamTable.toSorted((one, other) => (one.name < other.name ? -1 : 1))
const entryOf = new Map(entries.map((entry) => [entry.name, entry]))

const code = (text) => `\`${text}\``

/** `GET /data_attributes?model=company` */
function request(path, query, method = 'GET') {
  return code(`${method} ${path}${query ? `?${decodeURIComponent(new URLSearchParams(query))}` : ''}`)
}

function endpointOf({ path, query, search, periods, before, child, derived }) {
  if (derived) return `inside ${derived.from.map(code).join(' and ')}`
  const isSearched = search ?? child?.members ?? child?.batch ?? (child?.inline && entryOf.get(child.parent)?.search)
  const own = request(path, query ?? child?.query, isSearched ? 'POST' : 'GET')
  if (periods) return `${request(periods.search.path, undefined, 'POST')}; before API ${periods.search.since} ${own}`
  return before ? `${own}; before API ${before.version} ${request(before.path, before.query)}` : own
}

function pagingOf({ search, filtered, periods, log, child, derived }) {
  if (derived) return 'no request'
  if (child?.inline) return `inside their ${child.parent}`
  if (child?.members) return `one search per ${child.parentIdMember.replace(/_id$/, '')}, 150 a page`
  if (child?.batch) return `one answer per ${child.batch.most} ${child.batch.by.replace(/_id$/, '')}s`
  if (child) return `one answer per ${child.parentIdMember.replace(/_id$/, '')}`
  if (search) return 'cursor, 150 a page'
  if (periods) return 'periods of days, 250 a page'
  if (log) return `cursor, ${log.perPage} a page`
  if (filtered?.list === 'scroll') return 'scroll'
  if (filtered?.list === 'cursor') return `cursor, ${filtered.perPage} a page`
  return filtered?.list === 'pages' ? `page numbers, ${filtered.pageSizes[0]} a page` : 'one answer'
}

const keyOf = ({ primaryKey }) => primaryKey.map((path) => code(path.join('.'))).join(', ')
const cursorOf = ({ cursor }) => (cursor ? code(cursor) : '')
const whenRead = (entry) => (entry.optIn ? (isInEvery(entry) ? code('*') : 'by name') : 'by default')

const columns = {
  Stream: ({ name }) => code(name),
  Endpoint: endpointOf,
  Paging: pagingOf,
  Key: keyOf,
  Cursor: cursorOf,
  'Sync modes': ({ cursor }) => (cursor ? 'full refresh, incremental' : 'full refresh'),
  Permission: ({ scope }) => scope,
  Since: ({ since }) => since ?? '',
  Read: whenRead,
}

/** A table with columns of even width, as text. */
function tableOf(names, rows) {
  const cells = [names, ...rows]
  const widths = names.map((_, place) => Math.max(...cells.map((row) => row[place].length)))
  const line = (row) => `| ${row.map((cell, place) => cell.padEnd(widths[place])).join(' | ')} |`
  return [line(names), line(widths.map((width) => '-'.repeat(width))), ...cells.slice(1).map(line)].join('\n')
}

const rowsOf = (names) => entries.map((entry) => names.map((name) => columns[name](entry)))

/** The streams below each permission, each permission once. */
function permissionRows() {
  const scopes = [...new Set(entries.map(({ scope }) => scope))].toSorted()
  return scopes.map((scope) => [
    scope,
    entries
      .filter((entry) => entry.scope === scope)
      .map(({ name }) => code(name))
      .join(', '),
  ])
}

/** What `*` adds to the streams that are read by default, by the versions of Intercom's API that differ in it. */
function priceRows() {
  const versions = [...new Set(['2.11', ...entries.flatMap(({ since }) => since ?? [])])]
  return versions
    .toSorted((one, other) => Number(one.slice(2)) - Number(other.slice(2)))
    .map((version) => {
      const names = streamsOfVersion(version).filter(isInEvery)
      const added = names.filter(({ optIn }) => optIn)
      const probes = listProbes(
        names.map(({ name }) => name),
        version,
      )
      return [version, String(added.length), String(probes.length)]
    })
}

const short = ['Stream', 'Key', 'Cursor', 'Permission', 'Since', 'Read']

/** By file, each table by the name that its marks have. */
const tables = {
  'docs/streams.md': {
    streams: tableOf(Object.keys(columns), rowsOf(Object.keys(columns))),
    price: tableOf(['API version', 'Streams that `*` adds', 'Requests before the sync'], priceRows()),
  },
  'docs/airbyte.md': {
    permissions: tableOf(['Permission in the Developer Hub', 'Streams'], permissionRows()),
    streams: tableOf(short, rowsOf(short)),
  },
}

let isCurrent = true
for (const [file, named] of Object.entries(tables)) {
  const before = readFileSync(join(root, file), 'utf8')
  let after = before
  for (const [name, table] of Object.entries(named)) {
    const [start, end] = [`<!-- ${name}: npm run stream-tables -->`, `<!-- end of ${name} -->`]
    const [head, rest] = after.split(start)
    const [, tail] = (rest ?? '').split(end)
    if (tail === undefined) throw new Error(`${file} has no place for the table of ${name}: ${start} … ${end}`)
    after = `${head}${start}\n\n${table}\n\n${end}${tail}`
  }
  if (after === before) continue
  isCurrent = false
  if (process.argv.includes('--check')) console.error(`${file} differs from the stream table: npm run stream-tables`)
  else writeFileSync(join(root, file), after)
}
if (!isCurrent && process.argv.includes('--check')) process.exitCode = 1
