import { open, readdir, rm, stat, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { jobOfSegment } from '../../src/store/segments/segment-name.ts'

/** The folder of a service's long logs, below the root of all. */
export const segmentFolder = 'long-logs'

/** What happens to one of the files of long logs. */
export interface FileDamage {
  does: 'cut' | 'flip' | 'remove'
  /** Any number: which of the files that are there. */
  file: number
  /** Where in the file, from 0 to below 1. */
  place: number
}

/** @returns the job whose messages are lost; undefined when there is no file */
export async function damageFile(folder: string, { does, file, place }: FileDamage): Promise<number | undefined> {
  const names = (await readdir(folder)).sort()
  const name = names[file % names.length]
  if (name === undefined) return undefined
  const path = join(folder, name)
  const at = Math.floor(place * (await stat(path)).size)
  if (does === 'remove') await rm(path)
  else if (does === 'cut') await truncate(path, at)
  else await flip(path, at)
  return jobOfSegment(name)
}

async function flip(path: string, at: number): Promise<void> {
  const file = await open(path, 'r+')
  try {
    const byte = Buffer.alloc(1)
    await file.read(byte, 0, 1, at)
    byte.writeUInt8(byte.readUInt8() ^ 1)
    await file.write(byte, 0, 1, at)
  } finally {
    await file.close()
  }
}
