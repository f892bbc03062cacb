import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

/** Runs a command to its end. Returns its stdout; throws with the end of its stderr when it fails. */
export async function run(command: string, args: readonly string[]): Promise<string> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const texts = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (piece: string) => {
      texts[name] += piece
    })
  }
  const [code, signal] = await once(child, 'close')
  if (code === 0) return texts.stdout
  throw new Error(`${command} ${args.join(' ')}: ${signal ?? code}\n${(texts.stdout + texts.stderr).slice(-3000)}`)
}

/** Runs one of buildah's commands on images and containers in a folder of their own. Returns what it writes. */
export type Buildah = (...args: string[]) => Promise<string>

/** Needs no daemon and no kernel support: `vfs` stores whole copies, and `chroot` isolates nothing but the files. */
export function openBuildah(folder: string): Buildah {
  const store = ['--root', join(folder, 'storage'), '--runroot', join(folder, 'run'), '--storage-driver', 'vfs']
  return (...args) => run('buildah', [...store, ...args])
}
