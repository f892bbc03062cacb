import { existsSync } from 'node:fs'
import { copyFile, mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Buildah, run } from './buildah.ts'

/** What the Dockerfile names in every FROM. */
const name = 'docker.io/library/node:24-bookworm-slim'

/**
 * Imports a stand-in for the base image under its name: Debian by debootstrap, Node and npm by the packages of npm's
 * registry, and the user `node`. It is made once and kept in `folder`.
 */
export async function importBaseImage(buildah: Buildah, folder: string): Promise<void> {
  const archive = join(folder, 'base.tar')
  if (!existsSync(archive)) await makeArchive(folder, archive)
  const container = (await buildah('from', 'scratch')).trim()
  // An archive keeps the owners of its files.
  await buildah('add', '--quiet', container, archive, '/')
  await buildah('config', '--env', 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', container)
  await buildah('config', '--cmd', 'node', container)
  await buildah('commit', '--quiet', '--rm', '--format', 'docker', container, name)
}

async function makeArchive(folder: string, archive: string): Promise<void> {
  const root = join(folder, 'base')
  await rm(root, { recursive: true, force: true })
  await run('debootstrap', ['--variant=minbase', 'bookworm', root])
  await addNode(folder, root)
  await run('chroot', [root, 'useradd', '--uid', '1000', '--user-group', '--create-home', 'node'])
  await trustAsHere(root)
  await run('tar', ['-C', root, '-cf', `${archive}.partial`, '.'])
  await rename(`${archive}.partial`, archive)
  await rm(root, { recursive: true })
}

async function addNode(folder: string, root: string): Promise<void> {
  const modules = join(root, 'usr/local/lib/node_modules')
  await mkdir(modules, { recursive: true })
  const unpack = async (wanted: string, place: string) => {
    const file = (await run('npm', ['pack', '--silent', '--pack-destination', folder, wanted])).trim()
    await mkdir(place, { recursive: true })
    await run('tar', ['-C', place, '--strip-components=1', '--no-same-owner', '-xzf', join(folder, file)])
    await rm(join(folder, file))
  }
  const programs = join(root, 'usr/local/bin')
  const node = join(folder, 'node')
  await unpack(`node-${process.platform}-${process.arch}@24`, node)
  // A file, as there: npm finds its settings beside it.
  await rename(join(node, 'bin/node'), join(programs, 'node'))
  await rm(node, { recursive: true })
  await unpack('npm@11', join(modules, 'npm'))
  for (const name of ['npm', 'npx']) await symlink(`../lib/node_modules/npm/bin/${name}-cli.js`, join(programs, name))
}

/** A machine behind a registry or a proxy of its own has settings that the build needs, too. */
async function trustAsHere(root: string): Promise<void> {
  const setting = async (key: string) => (await run('npm', ['config', 'get', key])).trim()
  const lines = [`registry=${await setting('registry')}`]
  const authorities = await setting('cafile')
  if (existsSync(authorities)) {
    await copyFile(authorities, join(root, 'etc/authorities.crt'))
    lines.push('cafile=/etc/authorities.crt')
  }
  await mkdir(join(root, 'usr/local/etc'), { recursive: true })
  await writeFile(join(root, 'usr/local/etc/npmrc'), `${lines.join('\n')}\n`)
}
