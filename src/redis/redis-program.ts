import { access, constants } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** A Redis server that can be started on this machine. */
export interface RedisProgram {
  /** The program and the arguments before its settings. */
  command: readonly [string, ...string[]]
  /** Whether its data is still there when it is started again. */
  keepsData: boolean
}

const names = ['redis-server', 'valkey-server']

/** The Redis that `scripts/package-copy.js` has unpacked, below the package's root like the schemas. */
const localCopy = fileURLToPath(new URL('../.cache/redis/bin', import.meta.resolve('#schemas/contacts.json')))

/** There is no Redis server to start. Its message names the fix. */
export class RedisNotFoundError extends Error {
  override name = 'RedisNotFoundError'

  constructor() {
    super(
      `No ${names.join(' or ')} on the PATH. Install one (Debian, Ubuntu: apt-get install redis-server; ` +
        'macOS: brew install valkey), or set REDIS_URL to a Redis that runs elsewhere. ' +
        'For a first look without either, install js-redis-server (npm): it keeps nothing.',
    )
  }
}

/**
 * The best Redis server available: one on the search path, else the copy that the set-up step has unpacked, else the
 * one in memory.
 *
 * @param searchPath folders, as in PATH
 * @throws RedisNotFoundError
 */
export async function findRedisProgram(searchPath: string): Promise<RedisProgram> {
  const installed = searchPath.split(delimiter).filter((folder) => folder !== '')
  const path = (await findExecutable(installed)) ?? (await findExecutable([localCopy]))
  if (path !== undefined) return { command: [path], keepsData: true }
  const inMemory = findMemoryProgram()
  if (inMemory === undefined) throw new RedisNotFoundError()
  return inMemory
}

/** A package for development: a published install does not have it. */
export function findMemoryProgram(): RedisProgram | undefined {
  try {
    import.meta.resolve('js-redis-server/core')
  } catch {
    return undefined
  }
  const script = fileURLToPath(new URL('./memory-redis.js', import.meta.url))
  return { command: [process.execPath, script], keepsData: false }
}

async function findExecutable(folders: readonly string[]): Promise<string | undefined> {
  for (const name of names) {
    for (const folder of folders) {
      const path = join(folder, name)
      if (await isExecutable(path)) return path
    }
  }
  return undefined
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
