// The tests on other versions of Node and of Redis than this machine's: `npm run test:matrix`.
//   npm run test:matrix -- [--node 22]... [--redis valkey-8.1]... [--quick] [-- PATH...]
// Each of Node's versions with the oldest Redis, and each Redis with the newest Node, unless told. The rows of what ran
// are written into docs/evidence/matrix.md, unless only some paths ran.
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir, totalmem } from 'node:os'
import { delimiter, join } from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { makePath } from './machine-path.js'
import { prepareRedisServer, redisServers } from './redis-servers.js'

const root = join(import.meta.dirname, '..')
const cache = join(root, '.cache', 'matrix')
const evidence = join(root, 'docs', 'evidence', 'matrix.md')
const nodes = ['20', '22', '24']
const redises = Object.keys(redisServers)

const { values, positionals: paths } = parseArgs({
  allowPositionals: true,
  options: {
    node: { type: 'string', multiple: true },
    redis: { type: 'string', multiple: true },
    quick: { type: 'boolean', default: false },
  },
})

const rows = []
for (const cell of chooseCells()) {
  const row = await runCell(cell)
  rows.push(row)
  if (paths.length === 0) writeEvidence(row)
}
process.stdout.write(`\n${formatTable(rows)}`)
process.exitCode = rows.every(({ code }) => code === 0) ? 0 : 1

/** Pairs of a version of Node and a Redis. */
function chooseCells() {
  const pick = (name, known, chosen = known) => {
    for (const one of chosen) if (!known.includes(one)) throw new Error(`--${name} is one of ${known.join(', ')}`)
    return chosen
  }
  const every = pick('node', nodes, values.node).flatMap((node) =>
    pick('redis', redises, values.redis).map((redis) => ({ node, redis })),
  )
  if (values.node || values.redis) return every
  return every.filter(({ node, redis }) => node === nodes.at(-1) || redis === redises[0])
}

async function runCell({ node, redis }) {
  const folder = mkdtempSync(join(tmpdir(), 'intercom-sync-matrix-'))
  // Some tests run a command as a user without rights.
  chmodSync(folder, 0o755)
  try {
    const programs = [prepareNode(node), prepareRedisServer(cache, redis)]
    // No other server may be found.
    const machine = makePath(join(folder, 'path'), [/^(redis|valkey)-/, /^node$/])
    const PATH = [...programs, machine].join(delimiter)
    const version = (program, ...args) => spawnSync(program, args, { env: { PATH }, encoding: 'utf8' }).stdout.trim()
    const server = redisServers[redis].program
    const told = {
      node: version('node', '--version'),
      redis: `${redis.split('-')[0]} ${/v=(\S+)/.exec(version(server, '--version'))?.[1]}`,
    }
    process.stdout.write(`Node ${told.node}, ${told.redis}\n`)
    return { ...told, ...(await runTests(PATH)) }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The folder with the program of a version of Node, from the registry of npm. */
function prepareNode(version) {
  const name = `node-${process.platform}-${process.arch}`
  const place = join(cache, `node-${version}`)
  const folder = join(place, 'node_modules', name, 'bin')
  if (!existsSync(join(folder, 'node'))) {
    mkdirSync(place, { recursive: true })
    const how = ['install', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund', '--prefix', place]
    execFileSync('npm', [...how, `${name}@${version}`], { cwd: place, stdio: ['ignore', 2, 2] })
  }
  return folder
}

async function runTests(PATH) {
  const start = performance.now()
  const kept = Object.entries(process.env).filter(([name]) => !/^(npm_|REDIS_)/i.test(name))
  const args = [...(values.quick ? ['--quick'] : []), ...paths]
  const child = spawn('node', [join(root, 'scripts', 'test.js'), ...args], {
    cwd: root,
    env: { ...Object.fromEntries(kept), PATH },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let counts = 'no count'
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (/^ *not ok|# SKIP/.test(line)) process.stdout.write(`${line}\n`)
    counts = /^#? *(\{ total: .*\})$/.exec(line)?.[1] ?? counts
  })
  const [code] = await once(child, 'close')
  const what = paths.length > 0 ? paths.join(' ') : values.quick ? 'the quick tests' : 'all tests'
  const seconds = (performance.now() - start) / 1000
  process.stdout.write(`  ${counts} in ${seconds.toFixed(0)} s\n`)
  return { what, counts, seconds, code }
}

function formatRow({ node, redis, what, counts, seconds, code }) {
  const when = `${new Date().toISOString().slice(0, 10)}, ${commitOfNow()}`
  const cells = [node, redis, what, counts, `${seconds.toFixed(0)} s`, when, code === 0 ? 'green' : 'RED']
  return `| ${cells.join(' | ')} |`
}

function commitOfNow() {
  return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim()
}

function formatTable(rows) {
  const head = ['Node', 'Redis', 'Tests', 'Counts', 'Time', 'When, commit', 'Result']
  const lines = [`| ${head.join(' | ')} |`, `| ${head.map(() => '---').join(' | ')} |`]
  return `${[...lines, ...rows.map((row) => (typeof row === 'string' ? row : formatRow(row)))].join('\n')}\n`
}

/** Rows of other cells stay; a row of the same cell and the same tests is replaced. */
function writeEvidence(row) {
  const before = existsSync(evidence) ? readFileSync(evidence, 'utf8').split('\n') : []
  const cellsOf = (line) => line.split('|').map((cell) => cell.trim())
  const isSame = (line) => {
    const [, node, redis, what] = cellsOf(line)
    return node === row.node && redis === row.redis && what === row.what
  }
  const kept = before.filter((line) => /^\| v\d/.test(line) && !isSame(line))
  const lines = [...kept, formatRow(row)].toSorted()
  mkdirSync(join(root, 'docs', 'evidence'), { recursive: true })
  writeFileSync(
    evidence,
    `# Versions of Node and Redis

\`npm run test:matrix\` runs the tests on versions of Node from the registry of npm and on servers from Debian's packages:
\`redis-server\` of Debian 12 and 13, \`valkey-server\` of Debian 13. Nothing of it is installed on the machine; no other
server is on the \`PATH\`. ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, shared with other work.

${formatTable(lines)}`,
  )
}
