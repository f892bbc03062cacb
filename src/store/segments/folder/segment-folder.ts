import { access, constants, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../../../clock.ts'
import { storeAnswer } from '../../availability.ts'
import type { StoreClient } from '../../keys.ts'
import { runScript } from '../../script.ts'
import { makeFolder } from '../segment-disk.ts'
import { joinFolderScript } from './join-folder.lua.ts'

/**
 * Who can read this service's segments. `shared`: every process that is alive. `others-apart`: this process, and not
 * every other. `apart`: not this one. `unwritable`: nobody, for this process cannot make the folder. `none`: there is no
 * folder yet, and this process does not write.
 */
export type FolderSharing = 'shared' | 'others-apart' | 'apart' | 'unwritable' | 'none'

/** The folder of this service's segments below `DATA_DIR/segments`, and who shares it. */
interface SegmentFolder {
  /** The folder to write to; undefined while not every process can read there. */
  writableFolder(): string | undefined
  /** The service's folder, if this process has it, whether or not others do. */
  ownFolder(): string | undefined
  /** Whether segments of a folder that this process does not find may be on another disk, or on one that comes back. */
  mayBeElsewhere(folder: string): Promise<boolean>
  /** Says that this process no longer counts. */
  leave(): Promise<void>
}

interface SegmentFolderOptions {
  redis: StoreClient
  clock: Clock
  /** `DATA_DIR/segments` */
  root: string
  /** Whether this process moves messages, and so may make the folder. */
  writes: boolean
  createId: () => string
  /** Is told at the start, and whenever it changes. @param problem why the folder cannot be made */
  onSharing: (sharing: FolderSharing, problem?: unknown) => void
  onError: (error: unknown) => void
}

/** How often a process says that it is there, and for how long it counts then, ms. */
const announceMs = 10_000
const presenceMs = 30_000
/** How often a process that only reads looks for the folder that a worker is about to make, ms. */
const waitMs = 1000

const keysOf = ({ keyspace }: StoreClient) => ({
  folderKey: keyspace.segmentFolder,
  sharersKey: keyspace.segmentSharers,
  strangersKey: keyspace.segmentStrangers,
})

/** Finds the service's folder, or makes it, and keeps saying so until `leave()`. @throws what Redis says at the start */
export async function joinSegmentFolder(options: SegmentFolderOptions): Promise<SegmentFolder> {
  const { redis, clock, root, onSharing, onError } = options
  const processId = options.createId()
  const leaving = new AbortController()
  let joined: Joined = { sharing: 'none', folder: '' }
  const joinAgain = async () => {
    const before = joined.sharing
    joined = await joinOnce(options, processId)
    if (joined.sharing !== before) onSharing(joined.sharing, joined.problem)
  }
  const keepJoined = async () => {
    for (;;) {
      await clock.sleep(joined.sharing === 'none' ? waitMs : announceMs, leaving.signal)
      await joinAgain().catch(onError)
    }
  }

  await joinAgain()
  // It ends with the signal.
  const announcing = keepJoined().catch(() => undefined)
  return {
    writableFolder: () => (joined.sharing === 'shared' ? joined.folder : undefined),
    ownFolder: () => (joined.sharing === 'shared' || joined.sharing === 'others-apart' ? joined.folder : undefined),
    async mayBeElsewhere(folder) {
      if (folder === joined.folder) return !(await isThere(join(root, folder)))
      return joined.sharing !== 'shared'
    },
    async leave() {
      leaving.abort()
      await announcing
      const { sharersKey, strangersKey } = keysOf(redis)
      await storeAnswer(redis.zrem(sharersKey, processId))
      await storeAnswer(redis.zrem(strangersKey, processId))
    },
  }
}

interface Joined {
  sharing: FolderSharing
  /** '' unless this process has it. */
  folder: string
  problem?: unknown
}

async function joinOnce(options: SegmentFolderOptions, processId: string): Promise<Joined> {
  const { redis, root, createId } = options
  const say = async (found: string, made: string) => {
    const [outcome, folder, sharers, strangers] = await runScript(redis, joinFolderScript, {
      keys: keysOf(redis),
      args: { processId, found, made, presenceMs },
    })
    return { outcome, folder, sharers, others: strangers > 0 ? ('others-apart' as const) : ('shared' as const) }
  }
  const known = (await storeAnswer(redis.get(redis.keyspace.segmentFolder))) ?? ''
  const found = known !== '' && (await isThere(join(root, known))) ? known : ''
  const { outcome, folder, sharers, others } = await say(found, '')
  if (outcome === 'SHARED') return { sharing: others, folder }
  if (!options.writes || sharers > 0) return { sharing: outcome === 'NONE' ? 'none' : 'apart', folder: '' }

  const made = createId()
  try {
    await makeFolder(root, made)
  } catch (problem) {
    return { sharing: 'unwritable', folder: '', problem }
  }
  const claimed = await say(found, made)
  if (claimed.folder === made) return { sharing: claimed.others, folder: made }
  // Another process was faster: its folder is looked for.
  await rmdir(join(root, made))
  return joinOnce(options, processId)
}

async function isThere(path: string): Promise<boolean> {
  return access(path, constants.R_OK | constants.X_OK).then(
    () => true,
    () => false,
  )
}
