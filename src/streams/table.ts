import { contentEntries } from './entries/content.ts'
import { defaultEntries } from './entries/default-streams.ts'
import { deletesEntries } from './entries/deletes.ts'
import { derivedEntries } from './entries/derived.ts'
import { referenceEntries } from './entries/references.ts'
import type { StreamEntry } from './entries/stream-entry.ts'

export { type CursorField, cursorFields, type StreamEntry, searchPathOf } from './entries/stream-entry.ts'

/** Every stream, as data (`entries/`). */
export const streamTable: readonly StreamEntry[] = [
  ...defaultEntries,
  ...contentEntries,
  ...referenceEntries,
  ...deletesEntries,
  ...derivedEntries,
]

export function findStream(name: string): StreamEntry | undefined {
  return streamTable.find((entry) => entry.name === name)
}

/** The stream that Intercom is asked for: rows inside records are read as the stream of those records is. */
export function sourceOf(entry: StreamEntry): StreamEntry {
  return sourcesOf(entry)[0] ?? entry
}

/** All of them, where rows are inside the records of several streams. */
export function sourcesOf(entry: StreamEntry): StreamEntry[] {
  return entry.derived ? entry.derived.from.flatMap((name) => findStream(name) ?? []) : [entry]
}

/** The stream whose records a walk looks for. Children are found through their parents. */
export function rootOf(entry: StreamEntry): StreamEntry {
  const source = sourceOf(entry)
  return (source.child && findStream(source.child.parent)) ?? source
}
