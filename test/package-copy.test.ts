import { chmod, mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import { runProcess, type Teardown } from './support/processes.ts'

const script = pathToFileURL(join(process.cwd(), 'scripts', 'package-copy.js')).href

/** Debian's programs as shell scripts: what asks for the packages is under test, not the distribution. */
const distribution = {
  'apt-get': `echo "$*" >>"$CALLS"
case "$*" in
  *"download redis-server redis-tools") echo >redis-server.deb ;;
  *"download liblzf1") echo >liblzf1.deb ;;
  *) echo "E: unexpected: $*" >&2; exit 100 ;;
esac`,
  dpkg: `case "$2" in
  redis-server.deb) /bin/mkdir -p "$3/usr/bin"; echo 'echo "a Redis that finds $LD_LIBRARY_PATH"' >"$3/usr/bin/redis-server" ;;
  liblzf1.deb) /bin/mkdir -p "$3/usr/lib/x86_64-linux-gnu"; echo >"$3/usr/lib/x86_64-linux-gnu/liblzf.so.1" ;;
esac
/bin/chmod -R u+rwx "$3/usr"`,
}

/** A machine of one's own, with these programs on its PATH, and a repository in which the set-up step is run. */
async function machine(t: Teardown, programs: Record<string, string>) {
  const root = await mkdtemp(join(tmpdir(), 'intercom-sync-copy-'))
  t.teardown(() => rm(root, { recursive: true, force: true }))
  const path = join(root, 'path')
  const cache = join(root, '.cache')
  const calls = join(root, 'calls')
  await mkdir(path)
  for (const [name, content] of Object.entries(programs)) {
    await writeFile(join(path, name), `#!/bin/sh\n${content}\n`)
    await chmod(join(path, name), 0o755)
  }
  const run = async (command: string, args: string[], environment = {}) => {
    const process = runProcess(t, command, args, { PATH: path, CALLS: calls, ...environment })
    return { code: await process.exited, told: process.stderr() + process.stdout() }
  }
  return {
    cache,
    run,
    prepare({ limitMs = 30_000, ...environment }: { limitMs?: number; REDIS_URL?: string } = {}) {
      const program = `const { prepareRedis } = await import('${script}'); prepareRedis('${root}', process.env, ${limitMs})`
      return run(process.execPath, ['--input-type=module', '-e', program], environment)
    },
    /** What apt-get was called with. */
    calls: async () => (await readFile(calls, 'utf8').catch(() => '')).split('\n').slice(0, -1),
    left: async () => (await readdir(cache).catch(() => [])).toSorted(),
  }
}

t.test('it makes a Redis of the packages, once', async (t) => {
  const { prepare, run, cache, calls, left } = await machine(t, distribution)
  t.match(await prepare(), { code: 0, told: /^setup: no Redis on the PATH: [^\n]*\n$/ })
  t.match(await run(join(cache, 'redis', 'bin', 'redis-server'), []), { code: 0, told: /a Redis/ })
  t.same(await prepare(), { code: 0, told: '' })
  t.equal((await calls()).length, 1)
  t.same(await left(), ['redis'])
})

t.test('libraries that the system lacks come along, its own are left alone', async (t) => {
  const { prepare, run, cache } = await machine(t, {
    ...distribution,
    ldd: `for folder in $(IFS=:; echo $LD_LIBRARY_PATH); do [ -e "$folder/liblzf.so.1" ] && exit; done
echo "	liblzf.so.1 => not found"`,
    'dpkg-deb': 'echo "libc6 (>= 2.34), liblzf1 (>= 3.6) | liblzf2, adduser, libstdc++6"',
  })
  t.match(await prepare(), { code: 0 })
  t.match((await run(join(cache, 'redis', 'bin', 'redis-server'), [])).told, 'usr/lib/x86_64-linux-gnu')
})

t.test('where the system has no package lists it fetches lists of its own', async (t) => {
  const { prepare, cache, calls, left } = await machine(t, {
    ...distribution,
    'apt-get': `case "$*" in
  *update) echo >"$CALLS.lists" ;;
  *) [ -e "$CALLS.lists" ] || { echo "E: Unable to locate package redis-server" >&2; exit 100; } ;;
esac
echo "$*" >>"$CALLS"
case "$*" in *download*) echo >redis-server.deb ;; esac`,
  })
  t.match(await prepare(), { code: 0 })
  t.same(await left(), ['redis'])
  for (const call of await calls()) t.match(call, `Dir::State::Lists=${cache}`)
})

t.test('a failure is told in one line, is not fatal, and is tried again an hour later', async (t) => {
  const { prepare, cache, calls, left } = await machine(t, {
    ...distribution,
    'apt-get': 'echo "$*" >>"$CALLS"; echo "W: a warning" >&2; echo "E: no route to the mirror" >&2; exit 100',
  })
  t.match(await prepare(), { code: 0, told: /^setup: .*\nsetup: that failed \(E: no route to the mirror\).*\n$/ })
  t.same(await left(), ['redis-failed'])
  const tried = (await calls()).length
  t.same(await prepare(), { code: 0, told: '' })
  t.equal((await calls()).length, tried)
  const anHourAgo = Date.now() / 1000 - 3601
  await utimes(join(cache, 'redis-failed'), anHourAgo, anHourAgo)
  t.match(await prepare(), { code: 0, told: /that failed/ })
})

t.test('a mirror that does not answer holds nothing up', async (t) => {
  const { prepare, left } = await machine(t, { ...distribution, 'apt-get': 'exec /bin/sleep 600' })
  t.match(await prepare({ limitMs: 200 }), { code: 0, told: /apt-get took too long/ })
  t.same(await left(), ['redis-failed'])
})

t.test('nothing is tried where a Redis is there already, or packages are not', async (t) => {
  const { dpkg, ...withoutDpkg } = distribution
  for (const [programs, environment] of [
    [{ ...distribution, 'redis-server': '' }, {}],
    [{ ...distribution, 'valkey-server': '' }, {}],
    [distribution, { REDIS_URL: 'redis://elsewhere' }],
    [withoutDpkg, {}],
    [{ dpkg }, {}],
  ] as const) {
    const { prepare, calls, left } = await machine(t, programs)
    t.same(await prepare(environment), { code: 0, told: '' })
    t.same([await calls(), await left()], [[], []])
  }
})
