import { contentEntries } from './entries/content.ts'
import { defaultEntries } from './entries/default-streams.ts'
import { deletesEntries } from './entries/deletes.ts'
import type { StreamEntry } from './entries/stream-entry.ts'

export { type CursorField, cursorFields, type StreamEntry } from './entries/stream-entry.ts'

/** Every stream, as data (`entries/`). */
export const streamTable: readonly StreamEntry[] = [...defaultEntries, ...contentEntries, ...deletesEntries]

export function findStream(name: string): StreamEntry | undefined {
  return streamTable.find((entry) => entry.name === name)
}
