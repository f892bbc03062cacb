import { deletesEntries } from './entries/deletes.ts'
import type { StreamEntry } from './entries/stream-entry.ts'
import { usualEntries } from './entries/usual.ts'

export { type CursorField, cursorFields, type StreamEntry } from './entries/stream-entry.ts'

/** Every stream, as data (`entries/`). */
export const streamTable: readonly StreamEntry[] = [...usualEntries, ...deletesEntries]

export function findStream(name: string): StreamEntry | undefined {
  return streamTable.find((entry) => entry.name === name)
}
