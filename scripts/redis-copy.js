// A Redis for a machine that has none: the distribution's own packages (Debian, Ubuntu), unpacked into .cache/redis.
// Needs no root and leaves the system as it is. Plain JavaScript, since it runs before anything is compiled.
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'

const packages = ['redis-server', 'redis-tools']
/** What the running system has for certain, and must not have twice in one process. */
const ownedBySystem = /^(libc6|libgcc-s1|libstdc\+\+6)$/
const retryAfterMs = 3_600_000

/**
 * Makes `.cache/redis/bin/redis-server`, once, where no server is on the PATH and the distribution's packages can be
 * had. A failure is told in one line, and is not tried again for an hour.
 *
 * @param {string} root folder of the repository
 * @param {Record<string, string | undefined>} environment PATH and REDIS_URL count
 * @param {number} limitMs most time it may take, ms
 */
export function prepareRedis(root, environment = process.env, limitMs = 60_000) {
  const has = (name) =>
    (environment.PATH ?? '').split(delimiter).some((folder) => folder && existsSync(join(folder, name)))
  const target = join(root, '.cache', 'redis')
  const failure = join(root, '.cache', 'redis-failed')
  if (environment.REDIS_URL || has('redis-server') || has('valkey-server')) return
  if (existsSync(target) || !has('apt-get') || !has('dpkg')) return
  if (existsSync(failure) && Date.now() - statSync(failure).mtimeMs < retryAfterMs) return

  console.error("setup: no Redis on the PATH: unpacking the distribution's packages into .cache/redis")
  const work = join(root, '.cache', `redis-${process.pid}`)
  try {
    unpack(work, environment, Date.now() + limitMs)
    renameSync(work, target)
    rmSync(failure, { force: true })
  } catch (error) {
    // Somebody else was faster.
    if (existsSync(target)) return
    writeFileSync(failure, `${error.message}\n`)
    console.error(`setup: that failed (${error.message}); to try again within the hour, remove .cache/redis-failed`)
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

function unpack(work, environment, deadline) {
  const folders = { archives: join(work, 'archives'), lists: join(work, 'lists'), cache: join(work, 'cache') }
  for (const folder of Object.values(folders)) mkdirSync(join(folder, 'partial'), { recursive: true })
  const run = (command, args, variables = {}) =>
    runLimited(command, args, folders.archives, deadline, { ...environment, ...variables })
  const settings = [
    ['Dir::Cache', folders.cache],
    ['Acquire::Retries', '0'],
    ['Acquire::http::Timeout', '10'],
    ['Acquire::https::Timeout', '10'],
    ['Acquire::Languages', 'none'],
    // Root would otherwise fetch as a user that may not write here.
    ['APT::Sandbox::User', 'root'],
  ]
  const apt = (...args) =>
    run('apt-get', ['-qq', ...settings.flatMap(([name, value]) => ['-o', `${name}=${value}`]), ...args])

  try {
    apt('download', ...packages)
  } catch {
    // The system has no package lists, or old ones: lists of our own. Whether they are good, the download tells.
    settings.push(['Dir::State::Lists', folders.lists])
    attempt(() => apt('update'))
    apt('download', ...packages)
  }
  const had = new Set(packages)
  for (let round = 0; round < 4; round++) {
    for (const file of readdirSync(folders.archives).filter((name) => name.endsWith('.deb')))
      run('dpkg', ['-x', file, work])
    const missing = missingLibraries(work, run)
    if (missing.length === 0) break
    const wanted = dependencies(folders.archives, run).filter((name) => !had.has(name))
    if (wanted.length === 0) throw new Error(`no package has ${missing.join(', ')}`)
    apt('download', ...wanted)
    for (const name of wanted) had.add(name)
  }
  writeLauncher(work)
  run(join(work, 'bin', 'redis-server'), ['--version'])
  for (const folder of Object.values(folders)) rmSync(folder, { recursive: true })
}

/** Names of the libraries the server asks for and nobody has. */
function missingLibraries(work, run) {
  const server = join(work, 'usr', 'bin', 'redis-server')
  const listing = attempt(() =>
    run('ldd', [server], {
      LD_LIBRARY_PATH: libraryFolders(work)
        .map((folder) => join(work, folder))
        .join(':'),
    }),
  )
  return [...(listing ?? '').matchAll(/^\s*(\S+) => not found/gm)].map(([, name]) => name)
}

/** The libraries that the packages fetched so far depend on; of alternatives the first. */
function dependencies(archives, run) {
  const files = readdirSync(archives).filter((name) => name.endsWith('.deb'))
  const fields = files.map((file) => run('dpkg-deb', ['-f', file, 'Depends'])).join(',')
  const names = fields.split(',').map((field) => field.trim().split(/[\s:|(]/)[0])
  return [...new Set(names)].filter((name) => name.startsWith('lib') && !ownedBySystem.test(name))
}

function libraryFolders(work) {
  return ['usr/lib', 'lib'].flatMap((parent) => {
    const path = join(work, parent)
    const triplets = existsSync(path) ? readdirSync(path).filter((name) => name.includes('-linux-')) : []
    return [parent, ...triplets.map((name) => `${parent}/${name}`)]
  })
}

/** A program like any redis-server on a PATH, which finds its libraries wherever the folder is moved to. */
function writeLauncher(work) {
  const libraries = libraryFolders(work).map((folder) => `$here/${folder}`)
  const path = join(work, 'bin', 'redis-server')
  mkdirSync(join(work, 'bin'))
  writeFileSync(
    path,
    `#!/bin/sh
here=\${0%/*}/..
LD_LIBRARY_PATH="${libraries.join(':')}" exec "$here/usr/bin/redis-server" "$@"
`,
  )
  chmodSync(path, 0o755)
}

/** @returns what the command has written; throws an error with its last line when it fails or takes too long */
function runLimited(command, args, cwd, deadline, env) {
  const timeout = Math.max(1, deadline - Date.now())
  const result = spawnSync(command, args, { cwd, env, timeout, killSignal: 'SIGKILL', encoding: 'utf8' })
  if (result.error?.code === 'ETIMEDOUT') throw new Error(`${command} took too long`)
  if (result.error) throw new Error(`${command}: ${result.error.message}`)
  if (result.status !== 0) throw new Error(result.stderr.trim().split('\n').at(-1) || `${command} failed`)
  return result.stdout
}

function attempt(action) {
  try {
    return action()
  } catch {
    return undefined
  }
}
