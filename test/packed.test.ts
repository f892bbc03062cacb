import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { copyFile, mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { linkPackages } from './support/installed-package.ts'
import { runProcess } from './support/processes.ts'
import { onRealRedis } from './support/redis.ts'

const run = promisify(execFile)
/** Without what npm tells the scripts that it runs: the test may be one of them. */
const environment = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^npm_|^NODE_OPTIONS$/i.test(name)),
)

const folder = await realpath(await mkdtemp(join(tmpdir(), 'intercom-sync-packed-')))
t.teardown(() => rm(folder, { recursive: true, force: true }))

/** What is committed, beside the packages of this checkout: the registry is not needed. */
async function cloneHere(): Promise<string> {
  const clone = join(folder, 'clone')
  await run('git', ['clone', '--quiet', process.cwd(), clone])
  const modules = join(clone, 'node_modules')
  await mkdir(modules)
  for (const name of await readdir('node_modules')) {
    if (name !== '.package-lock.json') await symlink(join(process.cwd(), 'node_modules', name), join(modules, name))
  }
  // The set-up looks whether it is younger than the lock file.
  await copyFile('node_modules/.package-lock.json', join(modules, '.package-lock.json'))
  return clone
}

t.test('npm packs a clean clone, compiled, with all that the package needs', async (t) => {
  const clone = await cloneHere()
  t.notOk(existsSync(join(clone, 'dist')))
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', folder], {
    cwd: clone,
    env: environment,
  })
  // npm passes on what the scripts write.
  const [packed] = JSON.parse(stdout.slice(stdout.indexOf('[\n'))) as { filename: string; files: { path: string }[] }[]
  const paths = packed?.files.map(({ path }) => path) ?? []
  for (const path of [
    'bin/intercom-sync',
    'dist/console/index.html',
    'dist/src/server.js',
    'dist/simulator/demo.js',
    'schemas/contacts.json',
  ])
    t.ok(paths.includes(path), path)
  t.same(
    paths.filter((path) => /^(src|test|scripts|dist\/(test|bench))\//.test(path)),
    [],
  )
  await run('tar', ['-xzf', join(folder, packed?.filename ?? ''), '-C', folder])
})

t.test('every link between the pages of the package leads to a file that is in it', async (t) => {
  const root = join(folder, 'package')
  const pages = (await readdir(root, { recursive: true })).filter((file) => file.endsWith('.md'))
  t.ok(pages.includes('README.md') && pages.includes(join('docs', 'operations.md')))
  const dead: string[] = []
  for (const page of pages)
    for (const [, file = ''] of (await readFile(join(root, page), 'utf8')).matchAll(/\]\((?!\w+:)([^)#\s]+)/g))
      if (!existsSync(join(root, dirname(page), file))) dead.push(`${page}: ${file}`)
  t.same(dead, [])
})

t.test('the package says where it comes from and where to report faults', async (t) => {
  const manifest = JSON.parse(await readFile(join(folder, 'package', 'package.json'), 'utf8')) as Record<
    string,
    unknown
  >
  t.match(manifest, { repository: { type: 'git', url: /^git\+https:/ }, homepage: /^https:/, license: 'MIT' })
  t.ok(manifest.bugs && Array.isArray(manifest.keywords) && manifest.keywords.length > 3)
})

t.test('installed from the tarball, npx runs the demo in an empty folder', onRealRedis, async (t) => {
  const home = join(folder, 'home')
  const place = join(home, 'node_modules')
  await mkdir(join(place, '.bin'), { recursive: true })
  await run('mv', [join(folder, 'package'), join(place, 'intercom-sync')])
  await symlink('../intercom-sync/bin/intercom-sync', join(place, '.bin', 'intercom-sync'))
  const manifest = JSON.parse(await readFile(join(place, 'intercom-sync', 'package.json'), 'utf8')) as {
    dependencies: object
  }
  await linkPackages(Object.keys(manifest.dependencies), place)
  // On a machine without a server the package's own set-up cannot unpack one: it has none.
  const settings = { HOME: home, PATH: `${process.env.PATH}:${join(process.cwd(), '.cache', 'redis', 'bin')}` }
  const demo = runProcess(t, 'npx', ['--no', 'intercom-sync', 'demo', '--contacts', '100'], settings, { cwd: home })
  t.equal(await demo.exited, 0, demo.stderr())
  t.match(demo.stdout(), /All counts are right.*Next: npx intercom-sync demo --keep.*npx intercom-sync serve/s)
  t.same((await readdir(home)).filter((name) => /^demo-\w+\.ndjson$/.test(name)).length, 3)
})
