// Programs for a machine that has none: the distribution's own packages (Debian, Ubuntu), unpacked into .cache.
// Needs no root and leaves the system as it is. Plain JavaScript, since it runs before anything is compiled.
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, delimiter, join } from 'node:path'

/** What the running system has for certain, and must not have twice in one process. */
const ownedBySystem = /^(libc6|libgcc-s1|libstdc\+\+6)$/
const retryAfterMs = 3_600_000

/** What can be unpacked, by the name of its folder below .cache. */
const copies = {
  redis: {
    title: 'Redis',
    packages: ['redis-server', 'redis-tools'],
    program: 'usr/bin/redis-server',
    check: ['--version'],
  },
  nginx: { title: 'nginx', packages: ['nginx'], program: 'usr/sbin/nginx', check: ['-v'] },
  tinyproxy: { title: 'tinyproxy', packages: ['tinyproxy-bin'], program: 'usr/bin/tinyproxy', check: ['-v'] },
}

/** @param {Record<string, string | undefined>} environment PATH counts */
export function findOnPath(name, environment = process.env) {
  const folders = (environment.PATH ?? '').split(delimiter).filter((folder) => folder !== '')
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path))
}

/**
 * Makes `.cache/redis/bin/redis-server`, once, where no server is on the PATH and the distribution's packages can be
 * had.
 *
 * @param {string} root folder of the repository
 * @param {Record<string, string | undefined>} environment PATH and REDIS_URL count
 * @param {number} limitMs most time it may take, ms
 */
export function prepareRedis(root, environment = process.env, limitMs = 60_000) {
  const has = (name) => findOnPath(name, environment) !== undefined
  if (environment.REDIS_URL || environment.REDIS_URL_FILE || has('redis-server') || has('valkey-server')) return
  prepareCopy(root, 'redis', environment, limitMs)
}

/**
 * Makes a program below `.cache`, once, where the distribution's packages can be had. A failure is told in one line, and
 * is not tried again for an hour.
 *
 * @param {string} root folder of the repository
 * @param {keyof typeof copies} name
 * @param {Record<string, string | undefined>} environment
 * @param {number} limitMs most time it may take, ms
 * @returns {string | undefined} path of the program, if it is there
 */
export function prepareCopy(root, name, environment = process.env, limitMs = 60_000) {
  const copy = copies[name]
  const target = join(root, '.cache', name)
  const path = join(target, 'bin', basename(copy.program))
  const failure = `${target}-failed`
  if (existsSync(target)) return path
  if (!findOnPath('apt-get', environment) || !findOnPath('dpkg', environment)) return undefined
  if (existsSync(failure) && Date.now() - statSync(failure).mtimeMs < retryAfterMs) return undefined

  console.error(`setup: no ${copy.title} on the PATH: unpacking the distribution's packages into .cache/${name}`)
  const work = `${target}-${process.pid}`
  try {
    unpack(work, copy, environment, Date.now() + limitMs)
    renameSync(work, target)
    rmSync(failure, { force: true })
  } catch (error) {
    // Somebody else was faster.
    if (existsSync(target)) return path
    writeFileSync(failure, `${error.message}\n`)
    console.error(`setup: that failed (${error.message}); to try again within the hour, remove .cache/${name}-failed`)
    return undefined
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
  return path
}

/**
 * Unpacks packages and the libraries they need into a folder.
 *
 * @param {string} work the folder, which this makes
 * @param {{ packages: string[], program: string, check: string[] }} wanted the packages; the path of their program,
 *   like usr/bin/redis-server; the arguments with which it ends well when all is there
 * @param {Record<string, string | undefined>} environment
 * @param {number} deadline ms since 1970
 */
function unpack(work, { packages, program, check }, environment, deadline) {
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
    const missing = missingLibraries(work, program, run)
    if (missing.length === 0) break
    const wanted = dependencies(folders.archives, run).filter((name) => !had.has(name))
    if (wanted.length === 0) throw new Error(`no package has ${missing.join(', ')}`)
    apt('download', ...wanted)
    for (const name of wanted) had.add(name)
  }
  run(writeLauncher(work, program), check)
  for (const folder of Object.values(folders)) rmSync(folder, { recursive: true })
}

/** Names of the libraries the program asks for and nobody has. */
function missingLibraries(work, program, run) {
  const listing = attempt(() =>
    run('ldd', [join(work, program)], {
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

/** A program like one on a PATH, which finds its libraries wherever the folder is moved to. */
function writeLauncher(work, program) {
  const libraries = libraryFolders(work).map((folder) => `$here/${folder}`)
  const path = join(work, 'bin', basename(program))
  mkdirSync(join(work, 'bin'))
  writeFileSync(
    path,
    `#!/bin/sh
here=\${0%/*}/..
LD_LIBRARY_PATH="${libraries.join(':')}" exec "$here/${program}" "$@"
`,
  )
  chmodSync(path, 0o755)
  return path
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
