// What a stranger sees: clones what is committed and runs it on machines with less and less on them.
//   npm run fresh-clone -- [--way installed] [--way packages] [--way memory] [--no-test]
// All ways and the tests unless told. With the tests each way's row in docs/evidence/fresh-clone.md is written.
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { cpus, tmpdir, totalmem } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { makePath } from './machine-path.js'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const servers = /^(redis|valkey)-/
const aptAndDpkg = /^(apt|dpkg)/

/** What is taken off the PATH, and the line by which `npm start` must tell which Redis it has found. */
const ways = {
  installed: { machine: 'A Redis server on the PATH', without: [], tells: /in a Redis of its own/ },
  packages: {
    machine: "None; the distribution's packages can be had",
    without: [servers],
    tells: /in a Redis of its own/,
  },
  memory: { machine: 'Neither', without: [servers, aptAndDpkg], tells: /in memory only/ },
}

const { values } = parseArgs({
  allowNegative: true,
  options: { way: { type: 'string', multiple: true }, test: { type: 'boolean', default: true } },
})
const chosen = values.way ?? Object.keys(ways)
for (const name of chosen) {
  if (!Object.hasOwn(ways, name)) throw new Error(`there is no way "${name}": ${Object.keys(ways).join(', ')}`)
}

const git = (...args) => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim()
const evidence = join(root, 'docs', 'evidence', 'fresh-clone.md')
const results = []
for (const name of chosen) {
  const result = await tryWay(name)
  results.push(result)
  if (values.test) writeEvidence(result)
}
process.stdout.write(`\n${formatTable(results.map(formatRow))}`)
process.exitCode = results.every(({ faults }) => faults.length === 0) ? 0 : 1

async function tryWay(name) {
  const { machine, without, tells } = ways[name]
  say(`${name}: ${machine}`)
  const folder = mkdtempSync(join(tmpdir(), 'intercom-sync-fresh-'))
  // The PATH lies in it, and some tests run programs as another user.
  chmodSync(folder, 0o755)
  const result = { machine, faults: [], commit: git('rev-parse', '--short', 'HEAD') }
  const note = (fault) => {
    result.faults.push(fault)
    say(`  FAILED: ${fault}`)
  }
  try {
    const clone = join(folder, 'intercom-sync')
    execFileSync('git', ['clone', '--quiet', root, clone])
    const shared = join(dirname(root), 'shared')
    if (existsSync(shared)) symlinkSync(shared, join(folder, 'shared'))
    const environment = environmentWith(makePath(join(folder, 'path'), without), join(folder, 'data'))
    const run = async (title, command, args, until) => {
      const outcome = await runTimed(clone, environment, command, args, until)
      say(`  ${title}: ${outcome.seconds.toFixed(1)} s`)
      if (outcome.code !== 0) note(`${title} ended with ${outcome.code}: ${outcome.lines.slice(-5).join(' | ')}`)
      return outcome
    }
    result.setUp = (await run('set-up', process.execPath, ['scripts/setup.js'])).seconds
    const demo = await run('npm run demo', 'npm', ['run', 'demo'])
    result.demo = demo.seconds
    if (!demo.lines.some((line) => /All counts are right/.test(line))) note('the demo does not say that all is right')
    const start = await run('npm start, to listening', 'npm', ['start'], /^intercom-sync listens on/)
    result.start = start.seconds
    if (!start.lines.some((line) => tells.test(line))) note(`npm start does not tell ${tells}`)
    if (existsSync(join(clone, '.cache', 'redis')) !== (name === 'packages')) note('the wrong Redis was used')
    if (values.test) {
      const test = await run('npm test', 'npm', ['test'])
      result.test = test.seconds
      result.counts = test.lines.findLast((line) => /^# \{ total: /.test(line))?.slice(4, -2) ?? 'no count'
      say(`  ${result.counts}`)
      for (const line of new Set(test.lines.filter((line) => /^ *not ok|# SKIP/.test(line)))) say(`  ${line.trim()}`)
    }
  } catch (error) {
    note(error.message)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  return result
}

function environmentWith(path, dataDir) {
  const ours = Object.entries(process.env).filter(([name]) => !/^(npm_|REDIS_)/i.test(name))
  return { ...Object.fromEntries(ours), PATH: path, DATA_DIR: dataDir, PORT: '0' }
}

/** Runs to the end, or to a line that matches; then the whole group is told to end, as Ctrl-C does. */
async function runTimed(cwd, env, command, args, until) {
  const start = performance.now()
  const child = spawn(command, args, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  const lines = []
  let seconds
  const done = () => {
    seconds ??= (performance.now() - start) / 1000
  }
  for (const output of [child.stdout, child.stderr]) {
    createInterface({ input: output }).on('line', (line) => {
      lines.push(line)
      if (seconds !== undefined || !until?.test(line)) return
      done()
      // What follows that line belongs to the same notice.
      setTimeout(() => process.kill(-child.pid, 'SIGINT'), 500)
    })
  }
  const [code] = await once(child, 'close')
  const reached = seconds !== undefined
  done()
  return { lines, seconds, code: until ? (reached ? 0 : `no line ${until}`) : code }
}

function formatRow({ machine, setUp, demo, start, test, counts, commit, faults }) {
  const time = (seconds) => (seconds === undefined ? '' : `${seconds.toFixed(1)} s`)
  const tests = test === undefined ? '' : `${time(test)}: ${counts}`
  const when = `${new Date().toISOString().slice(0, 10)}, ${commit}`
  return `| ${[machine, time(setUp), time(demo), time(start), tests, when, faults.length === 0 ? 'right' : 'WRONG'].join(' | ')} |`
}

function formatTable(rows) {
  const head = [
    'Machine',
    'Set-up',
    '`npm run demo`',
    '`npm start` to listening',
    '`npm test`',
    'When, commit',
    'Result',
  ]
  return `${[`| ${head.join(' | ')} |`, `| ${head.map(() => '---').join(' | ')} |`, ...rows].join('\n')}\n`
}

/** The rows of other ways stay as they are: all of them take the better part of an hour. */
function writeEvidence(result) {
  const before = existsSync(evidence) ? readFileSync(evidence, 'utf8').split('\n') : []
  const rows = Object.values(ways).flatMap(({ machine }) => {
    if (machine === result.machine) return [formatRow(result)]
    return before.filter((line) => line.startsWith(`| ${machine} `))
  })
  const system = /PRETTY_NAME="(.*)"/.exec(
    existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '',
  )?.[1]
  const machine = `${cpus().length} cores, ${(totalmem() / 2 ** 30).toFixed(1)} GiB, Node ${process.versions.node}, ${system ?? process.platform}`
  mkdirSync(dirname(evidence), { recursive: true })
  writeFileSync(
    evidence,
    `# A fresh clone

\`npm run fresh-clone\`, or one way of it with \`-- --way installed\`, \`packages\` or \`memory\`; ${machine}.

Each row is a clone of its own of what is committed, without \`node_modules\`, on a machine that has less than the one before. The set-up installs the packages, compiles, and unpacks a Redis where it can; every \`npm\` command would do it by itself.

${formatTable(rows)}
Where a Redis in memory is all there is, the tests that need a server are left out, each with a line that says so.
`,
  )
}

function say(text) {
  process.stdout.write(`${text}\n`)
}
