import { findStream } from './table.ts'

/** The members of the primary key of a stream's records, in order. A stream that this version does not know has `id`. */
export function keyMembersOf(stream: string): string[] {
  return (findStream(stream)?.primaryKey ?? [['id']]).map((path) => path.join('.'))
}
