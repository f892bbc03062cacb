import { contentEntries } from './entries/content.ts'
import { defaultEntries } from './entries/default-streams.ts'
import { referenceEntries } from './entries/references.ts'
import type { StreamEntry } from './entries/stream-entry.ts'

export type { CursorField, StreamEntry } from './entries/stream-entry.ts'

/** Every stream, as data (`entries/`). */
export const streamTable: readonly StreamEntry[] = [...defaultEntries, ...contentEntries, ...referenceEntries]

export function findStream(name: string): StreamEntry | undefined {
  return streamTable.find((entry) => entry.name === name)
}
