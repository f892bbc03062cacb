import type { RecordVersion } from '../records/record-version.ts'

/**
 * A record that cannot be served. Unlike a fault, a trap depends on the contents of an answer, not on the order of
 * requests. Plain data.
 */
export interface Trap {
  stream: string
  /** The record's id, or the range of `updated_at`, Unix seconds [from, to): whole days that are too heavy. */
  holds: string | { from: number; to: number }
  /** Whether it spoils pages of a search, or `GET` of the record itself. @defaultValue 'page' */
  at?: 'page' | 'record'
  /** Pages of at most so many records are still served. @defaultValue 0: none are */
  abovePerPage?: number
  /** The time when it heals, ms since the epoch. @defaultValue never */
  until?: number
  status: number
  /** @defaultValue one that fits the status */
  message?: string
}

/** A conversation that is half deleted: searches that would show it report that they have not found it. */
export const halfDeleted = (id: string): Trap => ({
  stream: 'conversations',
  holds: id,
  status: 404,
  message: 'Conversation not found. Message deleted.',
})

/** Whether the trap is set on this record. */
export function isTrapped({ holds }: Trap, { plan }: RecordVersion): boolean {
  if (typeof holds === 'string') return plan.id === holds
  return plan.updatedAt !== null && plan.updatedAt >= holds.from && plan.updatedAt < holds.to
}
