import { access, constants } from 'node:fs/promises'
import { delimiter, join } from 'node:path'

const binaryNames = ['redis-server', 'valkey-server']

/** Neither Redis nor Valkey is installed. Its message names the fix. */
export class RedisNotFoundError extends Error {
  override name = 'RedisNotFoundError'

  constructor() {
    super(
      `No ${binaryNames.join(' or ')} on the PATH. Install one (Debian, Ubuntu: apt-get install redis-server; ` +
        'macOS: brew install valkey), or set REDIS_URL to a Redis that runs elsewhere.',
    )
  }
}

/** Full path of a Redis server. @throws RedisNotFoundError */
export async function findRedisBinary(searchPath: string): Promise<string> {
  const folders = searchPath.split(delimiter).filter((folder) => folder !== '')
  for (const name of binaryNames) {
    for (const folder of folders) {
      const path = join(folder, name)
      if (await isExecutable(path)) return path
    }
  }
  throw new RedisNotFoundError()
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
