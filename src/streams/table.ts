import { referenceEntries } from './entries/references.ts'
import type { StreamEntry } from './entries/stream-entry.ts'
import { usualEntries } from './entries/usual.ts'

export type { CursorField, StreamEntry } from './entries/stream-entry.ts'

/** Every stream, as data (`entries/`). */
export const streamTable: readonly StreamEntry[] = [...usualEntries, ...referenceEntries]

export function findStream(name: string): StreamEntry | undefined {
  return streamTable.find((entry) => entry.name === name)
}
