import { createSearchWalk } from './search-walk.ts'
import { createSnapshotWalk } from './snapshot-walk.ts'
import type { Walk, WalkOptions } from './walk.ts'

/** The walk that reads a stream, by what the stream table says of it. */
export function createWalk(options: WalkOptions): Walk {
  const { search } = options.entry
  return search ? createSearchWalk({ ...options, traits: search }) : createSnapshotWalk(options)
}
