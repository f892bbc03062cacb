// The virtual environments that Python programs of the tests run in: each is made once in .cache, and again when what is
// pinned changes.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** The versions of Python that PyAirbyte runs on. */
const pythons = ['python3.12', 'python3.11', 'python3.10', 'python3']
const probeMs = 30_000

/** The clients cannot be had here. */
export class ClientsMissing extends Error {}

/**
 * Gives the path of a Python that has all packages of a requirements file.
 *
 * @param {string} root folder of the repository
 * @param {string} [name] of the folder in .cache, and of the file in test/clients: `requirements-NAME.txt`
 * @throws ClientsMissing when there is no such Python, no `venv`, or no package registry
 */
export function prepareClients(root, name = 'clients') {
  const file = name === 'clients' ? 'requirements.txt' : `requirements-${name}.txt`
  const requirements = join(root, 'test', 'clients', file)
  const folder = join(root, '.cache', name)
  const python = join(folder, 'bin', 'python')
  const stamp = join(folder, 'installed.txt')
  const wanted = readFileSync(requirements, 'utf8')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return python

  rmSync(folder, { recursive: true, force: true })
  const made = spawnSync(findPython(), ['-m', 'venv', folder], { encoding: 'utf8' })
  if (made.status !== 0) throw new ClientsMissing(`python -m venv failed (on Debian: apt-get install python3-venv)`)
  probeRegistry(python)
  const start = performance.now()
  process.stdout.write(`${name}: installing\n`)
  // Most of what comes along is never imported: compiling it takes longer than the rest of the installation.
  const flags = ['--no-compile', '--requirement', requirements]
  const installed = spawnSync(python, ['-m', 'pip', ...quiet, 'install', ...flags], {
    stdio: ['ignore', 2, 2],
  })
  if (installed.status !== 0) throw new Error('pip install failed')
  process.stdout.write(`${name}: installed in ${((performance.now() - start) / 1000).toFixed(0)} s\n`)
  writeFileSync(stamp, wanted)
  return python
}

const quiet = ['--quiet', '--disable-pip-version-check']

function findPython() {
  const fits = 'import sys; sys.exit(not (3, 10) <= sys.version_info < (3, 13))'
  const found = pythons.find((name) => spawnSync(name, ['-c', fits]).status === 0)
  if (found === undefined) throw new ClientsMissing('PyAirbyte needs Python 3.10, 3.11 or 3.12')
  return found
}

/** One small package, so that a machine without a way out is found out in seconds: pip alone would try for minutes. */
function probeRegistry(python) {
  const folder = mkdtempSync(join(tmpdir(), 'intercom-sync-clients-'))
  const once = ['--retries', '0', '--timeout', '10', '--no-cache-dir', '--no-deps', '--dest', folder]
  const { status } = spawnSync(python, ['-m', 'pip', ...quiet, 'download', ...once, 'airbyte_serverless'], {
    timeout: probeMs,
  })
  rmSync(folder, { recursive: true, force: true })
  if (status !== 0) throw new ClientsMissing('no package registry for Python can be reached')
}
