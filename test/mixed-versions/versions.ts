import { spawnSync } from 'node:child_process'
import { mkdtemp, readFile, realpath, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Teardown } from '../support/processes.ts'

/** The commit that is built for the run, and the one of this checkout. */
export const versions = ['old', 'new'] as const
export type Version = (typeof versions)[number]

export const otherThan = (version: Version): Version => (version === 'old' ? 'new' : 'old')

/** Where the executable of each version is. */
export type Executables = Readonly<Record<Version, string>>

const root = fileURLToPath(new URL('../../../', import.meta.url))

/** Both versions, ready to run. @param commit the old one, as git knows it; its folder is removed at the end */
export async function prepareVersions(t: Teardown, commit: string): Promise<Executables> {
  const hash = git('rev-parse', '--verify', `${commit}^{commit}`)
  const folder = await mkdtemp(join(tmpdir(), 'intercom-sync-old-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  run('sh', ['-c', 'git archive "$1" | tar -x -C "$2"', 'sh', hash, folder], root)
  const hasSamePackages =
    git('show', `${hash}:package-lock.json`) === (await readFile(join(root, 'package-lock.json'), 'utf8')).trim()
  if (hasSamePackages) await symlink(await realpath(join(root, 'node_modules')), join(folder, 'node_modules'))
  else run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], folder)
  run(process.execPath, ['node_modules/typescript/bin/tsc', '--project', '.'], folder)
  return { old: join(folder, 'bin/intercom-sync'), new: join(root, 'bin/intercom-sync') }
}

/** The commit of this checkout, short, and whether its files differ from it. */
export function presentCommit(): string {
  const isChanged = git('status', '--porcelain', '--untracked-files=no', '--', 'src', 'schemas', 'bin') !== ''
  return `${git('rev-parse', '--short', 'HEAD')}${isChanged ? ' with changes' : ''}`
}

const git = (...args: string[]): string => run('git', args, root).trim()

/** @throws Error with what the command wrote, when it fails */
function run(command: string, args: readonly string[], cwd: string): string {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8', maxBuffer: 1 << 26 })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed: ${stdout.slice(0, 2000)}${stderr}`)
  return stdout
}
