import { mkdir, mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writingTo } from '../folder-faults.ts'

/** The longest path of a socket that every system takes, bytes. */
const longestPath = 100
const prefix = 'intercom-sync-'
const lengthOfRest = `${prefix}123456/redis.sock`.length + 1

/**
 * A new folder for the socket of an embedded Redis: in the temporary folder, or, where that cannot be written to, in
 * `dataDir` if its path is short enough.
 *
 * @throws FolderError
 */
export async function makeSocketFolder(dataDir: string): Promise<string> {
  const temporary = tmpdir()
  const make = (folder: string) => mkdtemp(join(folder, prefix))
  try {
    return await writingTo('TMPDIR', temporary, () => make(temporary))
  } catch (error) {
    if (Buffer.byteLength(dataDir) + lengthOfRest > longestPath) throw error
    return writingTo('DATA_DIR', dataDir, async () => {
      await mkdir(dataDir, { recursive: true, mode: 0o700 })
      return make(dataDir)
    })
  }
}
