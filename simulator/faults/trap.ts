import type { RecordVersion } from '../records/record-version.ts'

/**
 * A record that cannot be served: unlike a fault it depends on what an answer would hold, not on the order of requests.
 * Plain data.
 */
export interface Trap {
  stream: string
  /** Its id, or what `updated_at` lies in, Unix seconds [from, to): whole days that are too heavy. */
  holds: string | { from: number; to: number }
  /** Whether it spoils pages of a search, or `GET` of the record itself. @defaultValue 'page' */
  at?: 'page' | 'record'
  /** Pages of at most so many records are served all the same. @defaultValue 0: none are */
  abovePerPage?: number
  /** Ms since the epoch: then it has healed. @defaultValue never */
  until?: number
  status: number
  /** @defaultValue one that fits the status */
  message?: string
}

/** A conversation deleted by half: searches that would show it say they have not found it. */
export const halfDeleted = (id: string): Trap => ({
  stream: 'conversations',
  holds: id,
  status: 404,
  message: 'Conversation not found. Message deleted.',
})

/** Whether a record is the one, or one of those, that the trap is set on. */
export function isTrapped({ holds }: Trap, { plan }: RecordVersion): boolean {
  if (typeof holds === 'string') return plan.id === holds
  return plan.updatedAt !== null && plan.updatedAt >= holds.from && plan.updatedAt < holds.to
}
