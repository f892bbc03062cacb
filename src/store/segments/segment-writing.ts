import { join } from 'node:path'
import type { NewFile, SegmentDisk } from './segment-disk.ts'
import type { SegmentContent } from './segment-layout.ts'

/** The folder of all services' segments below `DATA_DIR`. */
export function segmentRootOf(dataDir: string): string {
  return join(dataDir, 'segments')
}

/**
 * Writes a segment and waits until file and folder are on the disk. After a failure the file is removed: one whose fsync
 * has failed is never used, because the kernel may have dropped its pages.
 *
 * @param folder the service's folder, which is there
 * @throws NodeJS.ErrnoException, e.g. ENOSPC, EDQUOT, EIO
 */
export async function writeSegment(
  disk: SegmentDisk,
  folder: string,
  name: string,
  { pieces }: SegmentContent,
): Promise<void> {
  const path = join(folder, name)
  const file = await disk.create(path)
  try {
    await fill(file, pieces)
    // A file is on the disk only with its name.
    await disk.syncFolder(folder)
  } catch (error) {
    await disk.remove(path).catch(() => undefined)
    throw error
  }
}

async function fill(file: NewFile, pieces: readonly Buffer[]): Promise<void> {
  try {
    for (const piece of pieces) await file.write(piece)
    await file.sync()
  } finally {
    await file.close()
  }
}
