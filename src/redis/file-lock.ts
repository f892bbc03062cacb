import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'

/**
 * A lock on a file (`flock(2)`). The kernel holds it for every process that has the file open, in any container, and
 * frees it when the last of them ends, however that happens. A child that gets the descriptor holds it, too.
 */
export interface FileLock {
  /** To pass on to a child. */
  descriptor: number
  release(): void
}

/** No file can be locked on this machine. Its message names the fix. */
export class LockError extends Error {
  override name = 'LockError'
}

/**
 * Node has no call for it. These commands lock descriptor 3, which they inherit, and exit with 1 when it is locked
 * already.
 */
const programs = [
  ['flock', '-n', '3'],
  // For systems without util-linux, such as macOS.
  [
    'perl',
    '-MErrno',
    '-MFcntl=:flock',
    '-e',
    'open my $f, "+<&=", 3 or exit 2; exit 0 if flock $f, LOCK_EX | LOCK_NB; exit($!{EWOULDBLOCK} ? 1 : 2)',
  ],
] as const

/**
 * Locks a file, and makes the file if it does not exist. The file is never removed, because another file of the same
 * name would have another lock.
 *
 * @returns undefined while somebody else holds it
 * @throws LockError
 */
export async function tryLock(path: string): Promise<FileLock | undefined> {
  // A FileHandle would be closed, together with the lock, when nothing in the program refers to it any more.
  const descriptor = openSync(path, 'a+', 0o600)
  const isMine = await lock(descriptor, path).catch((error: unknown) => {
    closeSync(descriptor)
    throw error
  })
  if (isMine) return { descriptor, release: () => closeSync(descriptor) }
  closeSync(descriptor)
  return undefined
}

async function lock(descriptor: number, path: string): Promise<boolean> {
  for (const [program, ...args] of programs) {
    const code = await run(program, args, descriptor)
    if (code === 'absent') continue
    if (code === 0 || code === 1) return code === 0
    throw new LockError(`${path} cannot be locked (${program} ended with ${code}): put DATA_DIR on a local disk`)
  }
  throw new LockError(`${path} cannot be locked: install flock (Debian, Ubuntu: apt-get install util-linux) or perl`)
}

async function run(program: string, args: readonly string[], descriptor: number): Promise<number | string> {
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'ignore', descriptor] })
  try {
    const [code, signal] = (await once(child, 'exit')) as [number | null, string | null]
    return code ?? String(signal)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return 'absent'
    throw error
  }
}
