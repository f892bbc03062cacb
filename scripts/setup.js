// The bootstrap: the one place that runs before anything is installed or compiled, hence plain JavaScript.
// Node 20 cannot run TypeScript, and on a fresh clone there is no node_modules: this installs and compiles what is
// missing or out of date, and does nothing (in under 100 ms) when all is there.
import { spawnSync } from 'node:child_process'
import { existsSync, lstatSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { prepareRedis } from './package-copy.js'
import { takeLock } from './setup-lock.js'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const compiledStamp = join(root, 'dist', '.compiled')
const sources = [
  ...['src', 'assembly', 'simulator', 'test', 'bench', 'console', 'tsconfig.json'],
  ...[join('scripts', 'assembly.js'), join('scripts', 'bundle.js'), join('docs', 'errors.md')],
]

/** Time of the newest file below a path, in ms; 0 where nothing is. */
function newest(path) {
  if (!existsSync(path)) return 0
  const stat = statSync(path)
  if (!stat.isDirectory()) return stat.mtimeMs
  return Math.max(stat.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))))
}

function run(command, args) {
  const result = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2] })
  if (result.status !== 0) {
    console.error(`setup: "${[command, ...args].join(' ')}" failed`)
    process.exit(result.status ?? 1)
  }
}

const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`setup: Node ${process.versions.node} is too old, intercom-sync needs 20.19 or newer`)
  process.exit(1)
}

// A build of one's own leads people to its own documents.
if (process.argv.includes('--build') && process.env.DOCS_URL)
  run('npm', ['pkg', 'set', `homepage=${process.env.DOCS_URL}`])

const lockfile = join(root, 'package-lock.json')
const isPublished = !existsSync(join(root, 'src'))
const isBuild = process.argv.includes('--build')

function needsPackages() {
  // Where it is a link, the packages are those of another checkout, which are not ours to replace.
  const packages = lstatSync(join(root, 'node_modules'), { throwIfNoEntry: false })
  if (!existsSync(lockfile) || packages?.isSymbolicLink()) return false
  return newest(join(root, 'node_modules', '.package-lock.json')) < newest(lockfile)
}

function needsCompiling() {
  const changed = Math.max(...sources.map((path) => newest(join(root, path))), newest(lockfile))
  return !isPublished && (isBuild || newest(compiledStamp) < changed)
}

function install() {
  console.error('setup: installing packages')
  run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'])
}

function compile() {
  console.error('setup: compiling')
  // From nothing, so that no file outlives its source: a test that was deleted must not go on running.
  rmSync(join(root, 'dist'), { recursive: true, force: true })
  const project = join(root, isBuild ? 'tsconfig.build.json' : 'tsconfig.json')
  // To check the types takes five times as long as to compile, and changes nothing: `npm run typecheck` does it for all.
  run(process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '--project', project, '--noCheck'])
  run(process.execPath, [join(root, 'scripts', 'bundle.js')])
  run(process.execPath, [
    join(root, 'node_modules', 'vite', 'bin', 'vite.js'),
    'build',
    '--logLevel',
    'warn',
    'console',
  ])
  // A build has no tests: whoever runs them next compiles them.
  if (!isBuild) writeFileSync(compiledStamp, '')
}

if (needsPackages() || needsCompiling()) takeLock(join(root, '.cache', 'setup.lock'), (line) => console.error(line))
// Another process may have done it meanwhile.
if (needsPackages()) install()
prepareRedis(root)
if (needsCompiling()) compile()
