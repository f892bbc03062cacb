import { findStream } from './table.ts'

/** Whose records the records of a stream belong to. */
interface ParentStream {
  name: string
  /** The member of each record that holds the id of its parent. */
  idMember: string
}

/** @returns undefined for a stream whose records stand by themselves */
export function parentOf(stream: string): ParentStream | undefined {
  const { child, derived } = findStream(stream) ?? {}
  if (derived?.parentKey !== undefined) return { name: derived.from[0], idMember: derived.parentKey }
  return child && { name: child.parent, idMember: child.parentIdMember }
}
