import { readFileSync } from 'node:fs'
import { openWorld, type World } from '../support/moving-world.ts'
import type { RedisImage } from './redis-image.ts'
import { startsAt } from './workspace.ts'

/** What a version has left of a job that leaves a stream out and waits for its next attempt. */
export interface SkippingFile {
  /** The commit that wrote it. */
  madeBy: string
  /** The encryption key, hexadecimal. */
  key: string
  /** Ms since the epoch on the workspace's clock when all was written. */
  writtenAt: number
  jobId: number
  redis: RedisImage
}

/** @param path from the root of the repository */
export const skippingPath = 'test/golden/skipping-1.json'

export function readSkippingFile(): SkippingFile {
  return JSON.parse(readFileSync(skippingPath, 'utf8')) as SkippingFile
}

/** The file's workspace. @param missing the permissions that the token lacks */
export function openSkippingWorld(missing: string[]): Promise<World> {
  const options = { contacts: 500, rowsInside: false, accessTokens: { 'simulator-token': missing } }
  return openWorld({ seed: 17, startsAt, options })
}

export const skippingBody = {
  config: { access_token: 'simulator-token', num_workers: 4 },
  streams: ['contacts', 'tags'],
  onMissingPermission: 'skip',
}
