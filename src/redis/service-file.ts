import { randomBytes } from 'node:crypto'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import type { Clock } from '../clock.ts'
import { isAlive, readServiceFile, readStart, type ServiceFile, serviceFileOf } from '../stored/service-file.ts'
import { type FileLock, tryLock } from './file-lock.ts'

/** A folder that this process owns. */
export interface OwnedDataDir {
  /**
   * The descriptor that holds its lock. A process that writes in the folder gets it, and keeps the lock as long as it
   * lives.
   */
  lockDescriptor: number
  /** Releases the folder. */
  release(): Promise<void>
}

/** Another live process owns this DATA_DIR. */
export class DataDirInUseError extends Error {
  override name = 'DataDirInUseError'

  /** @param owner undefined if it cannot be seen from here, because its container counts processes separately */
  constructor(dataDir: string, owner: ServiceFile | undefined) {
    super(
      owner
        ? `DATA_DIR ${dataDir} is in use by the service with process id ${owner.pid}. Stop that one first, give this ` +
            'one another DATA_DIR, or start it with "serve --worker" to help the running one.'
        : `DATA_DIR ${dataDir} is in use by a service in another container. Stop that one first, or give this one ` +
            'another DATA_DIR. Services that are to work together need REDIS_URL.',
    )
  }
}

/** A worker alone has no service to work for. */
export class NoServiceError extends Error {
  override name = 'NoServiceError'

  constructor(dataDir: string) {
    super(
      `DATA_DIR ${dataDir} is not in use by a running service, and a worker alone gets its jobs from one: start ` +
        '"serve" or "serve --api" with this DATA_DIR first, or set REDIS_URL.',
    )
  }
}

const lockName = 'service.lock'
/**
 * How long a start waits for an owner that is ending (a Redis whose owner was killed flushes its file and goes), or
 * starting.
 */
const patienceMs = 10_000
const checkMs = 100
/** How often a worker checks whether the service whose Redis it shares is still there. */
const watchMs = 1000
/** After so many checks in a row without an owner, the service counts as gone. */
const mostMisses = 3

/** The live owner of a folder. Waits for one that is about to start, or to come back. @throws NoServiceError */
export async function untilOwner(dataDir: string, clock: Clock): Promise<ServiceFile> {
  const deadline = clock.monotonic() + patienceMs
  for (;;) {
    const owner = await findOwner(dataDir)
    if (owner) return owner
    if (clock.monotonic() > deadline) throw new NoServiceError(dataDir)
    await clock.sleep(checkMs)
  }
}

/** The live owner of a folder, if there is one that can be reached from here. */
export async function findOwner(dataDir: string): Promise<ServiceFile | undefined> {
  const owner = await readServiceFile(dataDir)
  return owner && ((await isAlive(owner)) || (await accepts(owner.socket))) ? owner : undefined
}

/**
 * Resolves when the owner is gone, or has come back with another Redis; rejects with the signal's reason. A connection
 * to the old socket would retry for ever, because the next owner listens on another one.
 */
export async function untilOwnerGone(
  dataDir: string,
  { socket }: ServiceFile,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  for (let misses = 0; misses < mostMisses; ) {
    await clock.sleep(watchMs, signal)
    const current = await readServiceFile(dataDir)
    if (current && current.socket !== socket) return
    misses = (await accepts(socket)) ? 0 : misses + 1
  }
}

/**
 * Makes this process the folder's owner. Waits for an owner that is about to end.
 *
 * @throws DataDirInUseError; LockError
 */
export async function claimDataDir(
  dataDir: string,
  { pid, socket }: Pick<ServiceFile, 'pid' | 'socket'>,
  clock: Clock,
): Promise<OwnedDataDir> {
  const path = serviceFileOf(dataDir)
  const startedAt = await readStart(pid)
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  const lock = await lockDataDir(dataDir, clock)
  try {
    await refuseOwnerWithoutLock(dataDir, clock)
    await writeServiceFile(path, { pid, socket, ...(startedAt && { startedAt }) })
  } catch (error) {
    lock.release()
    throw error
  }
  return {
    lockDescriptor: lock.descriptor,
    async release() {
      await rm(path, { force: true })
      lock.release()
    },
  }
}

/** Writes into the file of this process where its API listens, for commands that look for the service. */
export async function announceAddress(dataDir: string, url: string): Promise<void> {
  const current = await readServiceFile(dataDir)
  if (current?.pid === process.pid) await writeServiceFile(serviceFileOf(dataDir), { ...current, url })
}

async function lockDataDir(dataDir: string, clock: Clock): Promise<FileLock> {
  const deadline = clock.monotonic() + patienceMs
  for (;;) {
    const lock = await tryLock(join(dataDir, lockName))
    if (lock) return lock
    const owner = await readServiceFile(dataDir)
    if (owner && (await isAlive(owner))) throw new DataDirInUseError(dataDir, owner)
    if (clock.monotonic() > deadline) throw new DataDirInUseError(dataDir, undefined)
    await clock.sleep(checkMs)
  }
}

/** Versions without the lock had only the file. Their Redis may also live a little longer than they do. */
async function refuseOwnerWithoutLock(dataDir: string, clock: Clock): Promise<void> {
  const owner = await readServiceFile(dataDir)
  if (!owner) return
  const deadline = clock.monotonic() + patienceMs
  while ((await isAlive(owner)) || (await accepts(owner.socket))) {
    if ((await isAlive(owner)) || clock.monotonic() > deadline) throw new DataDirInUseError(dataDir, owner)
    await clock.sleep(checkMs)
  }
}

/** Written to another file and moved, so that nobody ever reads half a file. */
async function writeServiceFile(path: string, content: ServiceFile): Promise<void> {
  const aside = `${path}.${randomBytes(6).toString('hex')}`
  await writeFile(aside, `${JSON.stringify(content)}\n`, { flag: 'wx', mode: 0o600 })
  await rename(aside, path)
}

function accepts(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const client = connect(socket)
    const settle = (accepted: boolean) => {
      client.destroy()
      resolve(accepted)
    }
    client.once('connect', () => settle(true)).once('error', () => settle(false))
  })
}
