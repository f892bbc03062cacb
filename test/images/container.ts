import { appendFile, mkdir, readFile, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { childrenOf } from '../support/process-tree.ts'
import { runProcess, type Teardown, type TestProcess } from '../support/processes.ts'
import type { Buildah } from './buildah.ts'

/** What an image tells an engine, besides its files. */
export interface Image {
  name: string
  /** Whole file system of a container of this image. */
  root: string
  user: string
  folder: string
  /** `NAME=value` */
  environment: string[]
  labels: Record<string, string>
  entrypoint: string[]
  command: string[]
  healthcheck: string[]
}

/** How one container is run. */
export interface ContainerOptions {
  environment?: Record<string, string>
  /** Folders or files of this machine by their path in the container, where they can be written to. */
  volumes?: Record<string, string>
  /** In place of the image's entry point. */
  entrypoint?: readonly string[]
}

interface Inspected {
  Docker: {
    config: {
      User: string
      WorkingDir: string
      Env: string[]
      Labels: Record<string, string>
      Entrypoint: string[] | null
      Cmd: string[] | null
      Healthcheck?: { Test: string[] }
    }
  }
}

export async function openImage(buildah: Buildah, name: string): Promise<Image> {
  const { Docker } = JSON.parse(await buildah('inspect', '--type', 'image', name)) as Inspected
  const { config } = Docker
  const container = (await buildah('from', '--pull-never', name)).trim()
  const root = (await buildah('mount', container)).trim()
  return {
    name,
    root,
    user: config.User,
    folder: config.WorkingDir || '/',
    environment: [`HOME=${await homeOf(root, config.User)}`, ...config.Env],
    labels: config.Labels,
    entrypoint: config.Entrypoint ?? [],
    command: config.Cmd ?? [],
    healthcheck: (config.Healthcheck?.Test ?? []).filter((word) => word !== 'CMD'),
  }
}

/** The home of a user, by number, as the files of an image have it. */
async function homeOf(root: string, user: string): Promise<string> {
  const [number] = user.split(':')
  const users = (await readFile(join(root, 'etc/passwd'), 'utf8')).split('\n').map((line) => line.split(':'))
  return users.find(([, , id]) => id === number)?.[5] ?? '/'
}

/**
 * As an engine does it: process ids and mounts of its own, the root read-only, nothing of our environment. The
 * arguments: the root, the number of volumes, the volumes, then a command.
 */
const enter = `
set -e
root=$1 count=$2; shift 2
mount --bind "$root" "$root"
mount -o remount,bind,ro "$root"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
while [ "$count" -gt 0 ]; do mount --bind "$1" "$root$2"; shift 2; count=$((count - 1)); done
exec chroot "$root" "$@"`

/** No capability is left, and no program can give one back. */
const withoutRights = ['--clear-groups', '--no-new-privs', '--bounding-set=-all', '--inh-caps=-all']

/**
 * Runs a container on this machine's network. `buildah run` would be simpler, but with chroot isolation it gives neither
 * a read-only root nor process ids of its own.
 */
export async function runContainer(
  t: Teardown,
  image: Image,
  args: readonly string[] = [],
  { environment = {}, volumes = {}, entrypoint = image.entrypoint }: ContainerOptions = {},
): Promise<TestProcess> {
  const mounts = Object.entries(volumes)
  for (const [path, own] of mounts) {
    // A mount needs something to lie on.
    if ((await stat(own)).isDirectory()) await mkdir(join(image.root, path), { recursive: true })
    else {
      // The image has no folder for secrets.
      await mkdir(dirname(join(image.root, path)), { recursive: true })
      await appendFile(join(image.root, path), '')
    }
  }
  const [user = '', group = ''] = image.user.split(':')
  const settings = [...image.environment, ...Object.entries(environment).map(([name, value]) => `${name}=${value}`)]
  const ownUser = ['setpriv', `--reuid=${user}`, `--regid=${group}`, ...withoutRights]
  const ownEnvironment = ['env', '-i', '-C', image.folder, ...settings]
  const words = [...entrypoint, ...(args.length > 0 ? args : image.command)]
  const apart = ['--mount', '--pid', '--fork', '--mount-proc', 'sh', '-c', enter, 'sh']
  const places = mounts.flatMap(([path, own]) => [own, path])
  const child = runProcess(t, 'unshare', [
    ...apart,
    ...[image.root, String(mounts.length), ...places],
    ...ownUser,
    ...ownEnvironment,
    ...words,
  ])
  // The first process of the container, not the one that waits for it.
  const signalIt = (signal: NodeJS.Signals) => {
    for (const pid of childrenOf(child.child.pid ?? 0)) process.kill(pid, signal)
  }
  // `--kill-child` does not reach a process whose user has changed.
  t.teardown(() => signalIt('SIGKILL'))
  return {
    ...child,
    async end(signal) {
      signalIt(signal)
      return child.exited
    },
  }
}
