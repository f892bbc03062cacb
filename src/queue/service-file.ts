import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import type { Clock } from '../clock.ts'

/** `DATA_DIR/service.json`: the process that runs the embedded Redis of this folder, and where that listens. */
export interface ServiceFile {
  /** Process id of the owner. */
  pid: number
  /** Path of Redis's unix socket. */
  socket: string
  /** When the owner started, in ticks since the machine did; absent where the kernel does not tell (it does on Linux). */
  startedAt?: string
}

/** Another live process has this DATA_DIR. */
export class DataDirInUseError extends Error {
  override name = 'DataDirInUseError'

  constructor(dataDir: string, owner: ServiceFile) {
    super(
      `DATA_DIR ${dataDir} is in use by the service with process id ${owner.pid}. Stop that one first, ` +
        'give this one another DATA_DIR, or start it with "serve --worker" to help the running one.',
    )
  }
}

const fileName = 'service.json'
/** A Redis whose owner was killed flushes its file and goes. */
const orphanExitMs = 10_000
const orphanCheckMs = 50

/** The live owner of a folder, if there is one. */
export async function findOwner(dataDir: string): Promise<ServiceFile | undefined> {
  const owner = await readServiceFile(join(dataDir, fileName))
  return owner && (await isAlive(owner)) ? owner : undefined
}

/**
 * Makes this process the folder's owner. The file of an owner that is dead is taken over, once its Redis has let go of
 * its data.
 *
 * @returns gives the folder up again
 * @throws DataDirInUseError
 */
export async function claimDataDir(
  dataDir: string,
  { pid, socket }: Pick<ServiceFile, 'pid' | 'socket'>,
  clock: Clock,
): Promise<() => Promise<void>> {
  const path = join(dataDir, fileName)
  const startedAt = await readStart(pid)
  const mine = { pid, socket, ...(startedAt && { startedAt }) }
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  for (;;) {
    if (await createServiceFile(path, mine)) break
    const owner = await readServiceFile(path)
    if (owner && (await isAlive(owner))) throw new DataDirInUseError(dataDir, owner)
    if (owner) await untilGone(dataDir, owner, clock)
    await removeStale(path, owner)
  }
  return async () => {
    const current = await readServiceFile(path)
    if (current?.socket === mine.socket) await rm(path, { force: true })
  }
}

/** Exclusive: of two that start at once, one creates it. */
async function createServiceFile(path: string, content: ServiceFile): Promise<boolean> {
  try {
    await writeFile(path, `${JSON.stringify(content)}\n`, { flag: 'wx', mode: 0o600 })
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  }
}

/** Moved aside before it is removed: if somebody was faster, what is moved is theirs, and is put back. */
async function removeStale(path: string, stale: ServiceFile | undefined): Promise<void> {
  const aside = `${path}.${process.pid}`
  try {
    await rename(path, aside)
  } catch {
    return
  }
  const moved = await readServiceFile(aside)
  if (moved && moved.socket !== stale?.socket) await createServiceFile(path, moved)
  await rm(aside, { force: true })
}

async function readServiceFile(path: string): Promise<ServiceFile | undefined> {
  try {
    const content: unknown = JSON.parse(await readFile(path, 'utf8'))
    if (typeof content !== 'object' || content === null) return undefined
    const { pid, socket, startedAt } = content as Partial<ServiceFile>
    if (!Number.isInteger(pid) || typeof socket !== 'string') return undefined
    return { pid: pid as number, socket, ...(startedAt && { startedAt }) }
  } catch {
    return undefined
  }
}

/** Process ids are given out again, in a container the same one at each start: the start must be the owner's as well. */
async function isAlive({ pid, startedAt }: ServiceFile): Promise<boolean> {
  return isRunning(pid) && (startedAt === undefined || startedAt === (await readStart(pid)))
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

/** Field 22 of `/proc/<pid>/stat`; the second one is a name in brackets that may hold anything. */
async function readStart(pid: number): Promise<string | undefined> {
  const fields = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  return fields.slice(fields.lastIndexOf(')') + 2).split(' ')[19]
}

async function untilGone(dataDir: string, owner: ServiceFile, clock: Clock): Promise<void> {
  const deadline = clock.monotonic() + orphanExitMs
  while (await accepts(owner.socket)) {
    if (clock.monotonic() > deadline) throw new DataDirInUseError(dataDir, owner)
    await clock.sleep(orphanCheckMs)
  }
}

function accepts(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = connect(socket)
    const settle = (accepted: boolean) => {
      connection.destroy()
      resolve(accepted)
    }
    connection.once('connect', () => settle(true)).once('error', () => settle(false))
  })
}
