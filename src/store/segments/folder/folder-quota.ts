import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../../../clock.ts'
import type { DiskQuota } from '../segment-disk.ts'

/** The service's segments have all the bytes that they may have. */
class FolderFullError extends Error {
  override name = 'FolderFullError'
  /** As the quota of a disk says it. */
  readonly code = 'EDQUOT'
}

interface FolderQuotaOptions {
  clock: Clock
  /** `DATA_DIR/segments` */
  root: string
  /** The service's folder below it. */
  ownFolder(): string | undefined
  /** Bytes that all files in it may have. */
  mostBytes: number
}

/** How long a measurement holds, ms. In between each process counts what it writes itself. */
const measuredForMs = 60_000

export function createFolderQuota({ clock, root, ownFolder, mostBytes }: FolderQuotaOptions): DiskQuota {
  let held = 0
  let measuredAt = Number.NEGATIVE_INFINITY
  return {
    async take(bytes) {
      if (clock.monotonic() - measuredAt >= measuredForMs || held + bytes > mostBytes) {
        held = await measure(join(root, ownFolder() ?? ''))
        measuredAt = clock.monotonic()
      }
      if (held + bytes > mostBytes)
        throw new FolderFullError(
          `${root} has ${held} bytes, and may not have more than DATA_DIR_BYTES (${mostBytes}): raise it, acknowledge ` +
            'the messages of jobs that have ended, or delete them',
        )
      held += bytes
    },
    giveBack(bytes) {
      held -= bytes
    },
  }
}

async function measure(folder: string): Promise<number> {
  let bytes = 0
  // A file may be swept away meanwhile.
  for (const name of await readdir(folder)) bytes += (await stat(join(folder, name)).catch(() => undefined))?.size ?? 0
  return bytes
}
