import { readFileSync } from 'node:fs'
import type { RedisImage } from './redis-image.ts'

/** What a version of the product has left in Redis, and what it said of it. */
export interface GoldenFile {
  /** The commit that wrote it. */
  madeBy: string
  /** The encryption key, hexadecimal. */
  key: string
  /** Ms since the epoch on the workspace's clock when all was written. */
  writtenAt: number
  connectionId: string
  /** A job of the connection that has succeeded, and one that waits for its next attempt. */
  jobs: { ended: number; underWay: number }
  /** The list of jobs as it was. */
  list: { jobId: number }[]
  /** The last STATE message of each stream that the ended job wrote. */
  states: unknown[]
  /** SHA-256 of the ended job's messages. */
  digest: string
  redis: RedisImage
}

/** @param path from the root of the repository */
export const goldenPath = 'test/golden/version-1.json'

export function readGoldenFile(): GoldenFile {
  return JSON.parse(readFileSync(goldenPath, 'utf8')) as GoldenFile
}
