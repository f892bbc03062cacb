import { mkdir, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { failpoint } from '../../failpoints.ts'

/** What writing a segment asks of a disk. Each call may fail, e.g. with ENOSPC, EDQUOT or EIO. */
export interface SegmentDisk {
  /** Makes a file that nobody has. */
  create(path: string): Promise<NewFile>
  /** Waits until the names in a folder are on the disk. */
  syncFolder(folder: string): Promise<void>
  /** Removes a file, if it is there. */
  remove(path: string): Promise<void>
}

/** A file that is being written. */
export interface NewFile {
  /** Adds bytes at its end, all of them. */
  write(bytes: Buffer): Promise<void>
  /** Waits until its bytes are on the disk. */
  sync(): Promise<void>
  close(): Promise<void>
}

/** The bytes that all segments together may have. */
export interface DiskQuota {
  /** @throws an error with the code EDQUOT when there are not so many left */
  take(bytes: number): Promise<void>
  /** They were not written. */
  giveBack(bytes: number): void
}

export const machineDisk: SegmentDisk = {
  async create(path) {
    // `wx`: nobody's file is ever written over.
    const file = await failpoint('segmentCreate', () => open(path, 'wx', 0o600))
    return {
      write: (bytes) => failpoint('segmentWrite', () => file.writeFile(bytes)),
      sync: () => failpoint('segmentSync', () => file.sync()),
      close: () => file.close(),
    }
  },
  async syncFolder(folder) {
    const handle = await open(folder, 'r')
    try {
      await failpoint('segmentFolderSync', () => handle.sync())
    } finally {
      await handle.close()
    }
  },
  remove: (path) => failpoint('segmentRemove', () => rm(path, { force: true })),
}

/** Makes a folder, and waits until it and what leads to it are on the disk. */
export async function makeFolder(root: string, name: string): Promise<void> {
  await mkdir(join(root, name), { recursive: true, mode: 0o700 })
  await machineDisk.syncFolder(root)
}
