// Redis and Valkey of other releases of Debian than this machine's, unpacked into .cache/matrix: for `npm run test:matrix`.
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'

/** What can be had: the release of Debian, the packages, and the program in them. */
export const redisServers = {
  'redis-7.0': { suite: 'bookworm', packages: ['redis-server', 'redis-tools'], program: 'redis-server' },
  'redis-8.0': { suite: 'trixie', packages: ['redis-server', 'redis-tools'], program: 'redis-server' },
  'valkey-8.1': { suite: 'trixie', packages: ['valkey-server', 'valkey-tools'], program: 'valkey-server' },
}

const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg'

/**
 * Gives the folder with the server's program and client, which are made where they are not there yet.
 *
 * @param {string} cache a folder to keep them in
 * @param {keyof typeof redisServers} name
 * @throws Error when Debian's packages cannot be had
 */
export function prepareRedisServer(cache, name) {
  const target = join(cache, name)
  if (existsSync(target)) return join(target, 'bin')
  const { suite, packages, program } = redisServers[name]
  const work = join(cache, `${name}-${process.pid}`)
  try {
    const apt = prepareApt(work, suite)
    apt('update')
    const plan = apt('install', '--print-uris', '--no-install-recommends', ...packages)
    const names = [...plan.matchAll(/^'\S+' ([^_\s]+)_/gm)].map(([, found]) => found)
    const archives = join(work, 'archives')
    mkdirSync(archives)
    apt('download', ...names)
    for (const file of readdirSync(archives).filter((found) => found.endsWith('.deb')))
      run('dpkg', ['-x', file, work], archives)
    const client = program.replace('-server', '-cli')
    writeLauncher(work, program)
    writeLauncher(work, client)
    // What documents call it; Debian's package for that, valkey-redis-compat, makes a link, too.
    if (client !== 'redis-cli') writeLauncher(work, client, 'redis-cli')
    run(join(work, 'bin', program), ['--version'], work)
    for (const folder of ['archives', 'apt']) rmSync(join(work, folder), { recursive: true })
    renameSync(work, target)
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
  return join(target, 'bin')
}

/** apt for a release of its own: its lists, its cache, and a system on which nothing is installed. */
function prepareApt(work, suite) {
  const place = join(work, 'apt')
  for (const folder of ['lists/partial', 'cache/archives/partial']) mkdirSync(join(place, folder), { recursive: true })
  writeFileSync(join(place, 'status'), '')
  writeFileSync(join(place, 'sources.list'), `deb [signed-by=${keyring}] http://deb.debian.org/debian ${suite} main\n`)
  const settings = {
    'Dir::Etc::SourceList': join(place, 'sources.list'),
    'Dir::Etc::SourceParts': '/dev/null',
    'Dir::State::Lists': join(place, 'lists'),
    'Dir::State::Status': join(place, 'status'),
    'Dir::Cache': join(place, 'cache'),
    'Acquire::Languages': 'none',
    // Root would otherwise fetch as a user that may not write here.
    'APT::Sandbox::User': 'root',
    'Debug::NoLocking': 'true',
  }
  const options = Object.entries(settings).flatMap(([setting, value]) => ['-o', `${setting}=${value}`])
  return (command, ...args) => {
    const folder = join(work, 'archives')
    return run('apt-get', ['-qq', ...options, command, ...args], existsSync(folder) ? folder : work)
  }
}

/** A program that runs on the C library of its own release, wherever the folder is moved to. */
function writeLauncher(work, program, name = program) {
  const files = readdirSync(work, { recursive: true, withFileTypes: true })
  const loader = files.find((file) => file.isFile() && /^ld-linux.*\.so\.\d$/.test(file.name))
  if (loader === undefined) throw new Error('the packages have no loader of programs')
  const own = (path) => `"$here/${relative(work, path)}"`
  const libraries = files
    .filter((file) => file.isDirectory() && /-linux-gnu$/.test(file.name) && /\blib$/.test(file.parentPath))
    .map((file) => own(join(file.parentPath, file.name)))
  const path = join(work, 'bin', name)
  mkdirSync(join(work, 'bin'), { recursive: true })
  writeFileSync(
    path,
    `#!/bin/sh
here=\${0%/*}/..
exec ${own(join(loader.parentPath, loader.name))} --library-path ${libraries.join(':')} "$here/usr/bin/${program}" "$@"
`,
  )
  chmodSync(path, 0o755)
}

function run(command, args, cwd) {
  const result = spawnSync(command, args, { cwd, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 })
  if (result.error) throw new Error(`${command}: ${result.error.message}`)
  if (result.status !== 0) throw new Error(result.stderr.trim().split('\n').at(-1) || `${command} failed`)
  return result.stdout
}
