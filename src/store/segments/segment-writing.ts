import { mkdir, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { SegmentContent } from './segment-layout.ts'

/** The folder of all services' segments below `DATA_DIR`. */
export function segmentRootOf(dataDir: string): string {
  return join(dataDir, 'segments')
}

/**
 * Writes a segment and waits until file and folder are on the disk. After a failure nothing is left: a file whose
 * fsync has failed is never used, because the kernel may have dropped its pages.
 *
 * @param folder the service's folder, which is there
 * @throws NodeJS.ErrnoException, e.g. ENOSPC, EDQUOT, EIO
 */
export async function writeSegment(folder: string, name: string, { pieces }: SegmentContent): Promise<void> {
  const path = join(folder, name)
  // `wx`: nobody's file is ever written over.
  const file = await open(path, 'wx', 0o600)
  try {
    for (const piece of pieces) await file.writeFile(piece)
    await file.sync()
  } catch (error) {
    await file.close().catch(() => undefined)
    await rm(path, { force: true }).catch(() => undefined)
    throw error
  }
  await file.close()
  await syncFolder(folder)
}

/** Makes a folder, and waits until it and what leads to it are on the disk. */
export async function makeFolder(root: string, name: string): Promise<void> {
  await mkdir(join(root, name), { recursive: true, mode: 0o700 })
  await syncFolder(root)
}

/** A file is on the disk only with its name. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
