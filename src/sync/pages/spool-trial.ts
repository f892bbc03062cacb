import { FolderError } from '../../folder-faults.ts'
import { findStream, rootOf } from '../../streams/table.ts'
import type { CreateSpool } from '../contract/spool.ts'

/** As large as a page, so that a disk that is full shows. */
const trialBytes = 64 * 1024

/** Tries whether pages can be spooled. @returns why not; undefined when they can be */
export async function tryToSpool(createSpool: CreateSpool): Promise<string | undefined> {
  try {
    const spool = await createSpool()
    try {
      await spool.append(Buffer.alloc(trialBytes))
    } finally {
      await spool.dispose()
    }
    return undefined
  } catch (error) {
    if (error instanceof FolderError) return error.message
    throw error
  }
}

/** Whether the pages of a stream are spooled: those of a scroll, and of what is asked for each of its records. */
export function isSpooled(streamName: string): boolean {
  const entry = findStream(streamName)
  return entry !== undefined && rootOf(entry).filtered?.list === 'scroll'
}
