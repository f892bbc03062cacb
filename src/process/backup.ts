import { existsSync } from 'node:fs'
import { copyFile, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { systemClock } from '../clock.ts'
import { exitCodes } from '../command-line/exit-code.ts'
import { readArguments } from '../command-line/read-arguments.ts'
import { UsageError } from '../command-line/usage-error.ts'
import { startEmbeddedRedis } from '../redis/embedded-redis.ts'
import { createRedisClients } from '../redis/redis.ts'
import { findRedisProgram, RedisNotFoundError } from '../redis/redis-program.ts'
import { claimDataDir, findOwner } from '../redis/service-file.ts'
import { saveSnapshot, snapshotName } from '../redis/snapshot.ts'
import { hasOwnEncryptionKeys, readDataDir, readSearchPath } from '../settings/config.ts'
import { keyFileOf } from '../store/secrets/key-file.ts'
import { copySegments } from '../store/segments/folder/segment-copy.ts'
import { segmentRootOf } from '../store/segments/segment-writing.ts'
import { isForOperators } from './start-checks.ts'

/** The command cannot do what was requested; the message says what to do. */
class BackupError extends Error {
  override name = 'BackupError'
}

const clock = systemClock

/**
 * `backup FOLDER`: saves the service's data in `DATA_DIR`: one snapshot, the segments, and the encryption keys made there. The
 * service may run meanwhile.
 */
export function backup(args: string[]): Promise<void> {
  return tellProblems(async () => {
    const [folder, dataDir] = [folderOf('backup', args), readDataDir()]
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const target = join(folder, snapshotName)
    if (existsSync(target)) throw new BackupError(`${target} is there already: name a new folder`)
    await takeSnapshot(dataDir, target)
    await copySegments(segmentRootOf(dataDir), segmentRootOf(folder))
    const hasKeys = existsSync(keyFileOf(dataDir))
    if (hasKeys) await copyFile(keyFileOf(dataDir), keyFileOf(folder))
    // If the service gets its keys from outside, it uses those; a key file may be left over from earlier.
    const keysElsewhere = hasOwnEncryptionKeys() || !hasKeys
    const copied = hasKeys ? ` with ${basename(keyFileOf(dataDir))}` : ''
    const needed = keysElsewhere ? '; keep ENCRYPTION_KEYS as well' : ', without which nothing in it can be opened'
    process.stdout.write(`${dataDir} is backed up in ${folder}${copied}${needed}\n`)
  })
}

/**
 * `restore FOLDER`: replaces the contents of `DATA_DIR` with a backup, and moves the old ones aside. The service must
 * not run.
 */
export function restore(args: string[]): Promise<void> {
  return tellProblems(async () => {
    const [folder, dataDir] = [folderOf('restore', args), readDataDir()]
    const source = join(folder, snapshotName)
    if (!existsSync(source)) throw new BackupError(`${source} is not there: name a folder that "backup" has made`)
    // Fails while a service runs.
    const owned = await claimDataDir(dataDir, { pid: process.pid, socket: '' }, clock)
    const moved = await placeBackup(folder, dataDir).finally(owned.release)
    // Start Redis once, so that unreadable data is reported now, and not when the service is needed.
    const redis = await start(dataDir)
    await redis.stop()
    const before = moved.length > 0 ? `; what was there before is in ${moved.join(' and ')}` : ''
    process.stdout.write(`${dataDir} is restored from ${folder}${before}\n`)
  })
}

function folderOf(command: 'backup' | 'restore', args: string[]): string {
  const [folder = ''] = readArguments(command, args).operands
  return resolve(folder)
}

async function takeSnapshot(dataDir: string, target: string): Promise<void> {
  const owner = await findOwner(dataDir)
  if (!owner && !existsSync(join(dataDir, 'redis')))
    throw new BackupError(`DATA_DIR ${dataDir} holds no data of a service`)
  const own = owner ? undefined : await start(dataDir)
  const clients = createRedisClients({ socket: (owner ?? own)?.socket ?? '' }, () => undefined)
  try {
    const file = await saveSnapshot(clients.connect('waitForever'), join(dataDir, 'redis'), clock)
    await copyFile(file, target)
    await rm(file)
  } finally {
    clients.close()
    await own?.stop()
  }
}

/** @returns where the earlier contents are now */
async function placeBackup(folder: string, dataDir: string): Promise<string[]> {
  const moved: string[] = []
  const moveAside = async (name: string) => {
    const aside = `${name}.before-${new Date(clock.now()).toISOString().replaceAll(/[:.]/g, '-')}`
    await rename(join(dataDir, name), join(dataDir, aside))
    moved.push(aside)
  }
  const [keys, present] = [keyFileOf(folder), keyFileOf(dataDir)]
  const hasKeys = existsSync(keys)
  const hasOtherKeys = hasKeys && existsSync(present) && !(await readFile(keys)).equals(await readFile(present))
  if ((await readdir(join(dataDir, 'redis')).catch(() => [])).length > 0) await moveAside('redis')
  if (hasOtherKeys) await moveAside(basename(present))
  await mkdir(join(dataDir, 'redis'), { recursive: true, mode: 0o700 })
  await copyFile(join(folder, snapshotName), join(dataDir, 'redis', snapshotName))
  if (hasKeys) await copyFile(keys, present)
  await copySegments(segmentRootOf(folder), segmentRootOf(dataDir))
  return moved
}

async function start(dataDir: string) {
  const program = await findRedisProgram(readSearchPath())
  if (!program.keepsData) throw new RedisNotFoundError()
  return startEmbeddedRedis({ dataDir, program, clock })
}

async function tellProblems(work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    const isUsage = error instanceof UsageError
    if (!isUsage && !(error instanceof BackupError) && !isForOperators(error)) throw error
    process.stderr.write(`intercom-sync: ${error.message}\n`)
    process.exitCode = isUsage ? exitCodes.usage : exitCodes.failed
  }
}
