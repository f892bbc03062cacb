import type { Random } from '../../simulator/random.ts'
import { contentLists } from '../../simulator/records/plain/content-lists.ts'
import { referenceNames } from '../../simulator/records/streams.ts'
import { belowNames } from '../../simulator/truth/below-truth.ts'
import type { ApiVersion } from '../../src/airbyte/source-config.ts'
import { streamTable } from '../../src/streams/table.ts'
import { streamsOfVersion } from '../../src/streams/versions.ts'

/** A stream as a job requests it. */
export interface Wish {
  name: string
  syncMode: 'incremental' | 'full_refresh'
}

/**
 * Half of the workspaces sync all streams, by increments. The others leave some streams out, or read some of them
 * whole. Of the streams that are read only when they are named all have some of those of rows inside records; the others are
 * drawn apart.
 */
export function drawSelection(random: Random, version: ApiVersion): Wish[] {
  const names = new Set(streamsOfVersion(version).map(({ name }) => name))
  const isMixed = random() < 0.5
  return streamTable.flatMap(({ name, cursor, optIn, derived }): Wish[] => {
    if (optIn && !derived) return []
    const isLeftOut = derived ? random() < 0.7 : isMixed && random() < 0.2
    const isWhole = cursor === undefined || (isMixed && random() < 0.2)
    return isLeftOut || !names.has(name) ? [] : [{ name, syncMode: isWhole ? 'full_refresh' : 'incremental' }]
  })
}

/** Some of the lists of references that a version has, read whole. */
export function drawReferences(random: Random, version: ApiVersion): Wish[] {
  return streamsOfVersion(version).flatMap(({ name }): Wish[] =>
    referenceNames.includes(name) && random() < 0.5 ? [{ name, syncMode: 'full_refresh' }] : [],
  )
}

/** What is read of a workspace that has content: lists, and what is below the records of lists and of contacts. */
const contentNames = [
  'articles',
  ...Object.keys(contentLists),
  // Events leave the list with time, and the truth of a settled workspace knows no time.
  ...belowNames.filter((name) => name !== 'contact_events'),
]

/** Some of these that a version has. */
export function drawContent(random: Random, version: ApiVersion): Wish[] {
  return streamsOfVersion(version).flatMap(({ name, cursor }): Wish[] => {
    if (!contentNames.includes(name) || random() < 0.4) return []
    return [{ name, syncMode: cursor && random() < 0.8 ? 'incremental' : 'full_refresh' }]
  })
}

/** Sometimes a user resets a stream. @returns its name */
export function drawReset(random: Random, selection: readonly Wish[]): string | undefined {
  return random() < 0.15 ? selection[Math.floor(random() * selection.length)]?.name : undefined
}
