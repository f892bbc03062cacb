import { cp, mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runShell, type Teardown } from './processes.ts'

interface InstalledOptions {
  /** Packages installed beside it that it does not require. */
  extra?: string[]
  /** npm's scripts. */
  scripts?: Record<string, string>
}

/**
 * The package as a user has it after installing: the published files, and the packages it needs at run time. Returns
 * its folder.
 */
export async function installPackage(
  t: Teardown,
  { extra = [], scripts = {} }: InstalledOptions = {},
): Promise<string> {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'intercom-sync-installed-')))
  t.teardown(() => rm(root, { recursive: true, force: true }))
  for (const folder of ['src', 'bundle/product']) {
    const compiled = fileURLToPath(new URL(`../../${folder}`, import.meta.url))
    await cp(compiled, join(root, 'dist', folder), { recursive: true })
  }
  for (const folder of ['bin', 'schemas']) await cp(folder, join(root, folder), { recursive: true })
  const manifest = JSON.parse(await readFile('package.json', 'utf8')) as { dependencies: object }
  await writeFile(join(root, 'package.json'), JSON.stringify({ ...manifest, scripts }))
  await linkPackages([...Object.keys(manifest.dependencies), ...extra], join(root, 'node_modules'))
  return root
}

/** Puts packages of this checkout, as they are installed here, into another `node_modules`. */
export async function linkPackages(names: readonly string[], modules: string): Promise<void> {
  for (const name of names) {
    const place = join(modules, name)
    await mkdir(dirname(place), { recursive: true })
    await symlink(join(process.cwd(), 'node_modules', name), place)
  }
}

/** A PATH with only those programs that the service itself calls: no Redis. */
export async function barePath(t: Teardown): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'intercom-sync-path-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  for (const name of ['sh', 'rm', 'rmdir', 'flock']) {
    await symlink((await runShell(t, `command -v ${name}`)).trim(), join(folder, name))
  }
  return folder
}
