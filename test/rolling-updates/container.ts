import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { childrenOf, listProcesses, readOf, statusOf } from '../support/process-tree.ts'

/** Own process ids, own mounts, and a temporary folder that nobody else sees: what a container has for itself. */
const apart = ['-m', '-p', '-f', '--mount-proc', '--kill-child', 'sh', '-c']
const cli = fileURLToPath(new URL('../../../bin/intercom-sync', import.meta.url))

/** A service in a container of its own, on a volume that others have as well. */
export interface Container {
  url: string
  /** Signals the service itself. */
  signal(signal: NodeJS.Signals): void
  exited: Promise<unknown>
}

/** Whether this machine lets us; it takes root, or user namespaces. */
export function canBeApart(): boolean {
  return spawnSync('unshare', [...apart, 'mount -t tmpfs tmpfs /mnt']).status === 0
}

export function startContainer(folders: { dataDir: string; temporary: string }, port: number): Container {
  const { dataDir, temporary } = folders
  const child = spawn(
    'unshare',
    [...apart, `mount -t tmpfs tmpfs "${temporary}" && exec "$0" "$1" serve`, process.execPath, cli],
    {
      env: {
        PATH: process.env.PATH,
        HOME: '/',
        TMPDIR: temporary,
        DATA_DIR: dataDir,
        PORT: String(port),
        LOG_LEVEL: 'silent',
      },
      stdio: 'ignore',
    },
  )
  const exited = once(child, 'exit')
  return {
    url: `http://127.0.0.1:${port}`,
    exited,
    signal(signal) {
      for (const pid of childrenOf(child.pid ?? 0)) process.kill(pid, signal)
    },
  }
}

/** Redis servers that write in this folder at this moment, in whatever container. */
export function countServers(temporary: string): number {
  return listProcesses().filter((pid) => {
    const command = readOf(pid, 'cmdline').replaceAll('\0', ' ')
    return (
      /^\S*(redis|valkey)-server /.test(command) &&
      command.includes(temporary) &&
      statusOf(pid)?.startsWith('Z') === false
    )
  }).length
}
