import { CodedError } from '../../errors.ts'
import type { Row } from '../pages/search-pages.ts'
import type { PendingParentsJson } from '../state/position-schema.ts'

/** What goes into a state must stay small, and so many failures are no longer those of single records. */
const MOST_UNREAD = 1000
const MOST_UNREAD_IN_A_ROW = 20

/** What a child stream needs of a parent. */
export type Parent = Pick<Row, 'id' | 'updatedAt'>

/** The parents whose children a stream still has to bring, as of what has been taken. Times are Unix seconds. */
export interface PendingParents {
  /** Intercom could not give its children. @throws CodedError when so many fail that it is not their own fault */
  failed(parent: Parent): void
  /** Intercom has said that it is gone, and is asked again before that is believed. */
  mayBeGone(parent: Parent): void
  /** Nothing of it is pending any more. @param came its children have come */
  settled(parent: Parent, came: boolean): void
  /** All of them, by id, with when each was updated. */
  all(): ReadonlyMap<string, number>
  /** Those that are said to be gone. */
  gone(): ReadonlyMap<string, number>
  restore(json: PendingParentsJson): void
  toJson(): PendingParentsJson
}

/** @param unknownTime stands in for the time of a parent that has none, Unix seconds */
export function createPendingParents(streamName: string, unknownTime: () => number): PendingParents {
  const unread = new Map<string, number>()
  const gone = new Map<string, number>()
  let unreadInARow = 0
  return {
    failed({ id, updatedAt = unknownTime() }) {
      gone.delete(id)
      unread.set(id, updatedAt)
      unreadInARow++
      if (unreadInARow > MOST_UNREAD_IN_A_ROW || unread.size > MOST_UNREAD)
        throw new CodedError(
          'intercom_unavailable',
          `Intercom keeps failing over ${unread.size} records' ${streamName}`,
        )
    },
    mayBeGone: ({ id, updatedAt = unknownTime() }) => void gone.set(id, updatedAt),
    settled({ id }, came) {
      unread.delete(id)
      gone.delete(id)
      if (came) unreadInARow = 0
    },
    all: () => new Map([...unread, ...gone]),
    gone: () => gone,
    restore(json) {
      for (const [id, updatedAt] of json.unread) unread.set(id, updatedAt)
      for (const [id, updatedAt] of json.gone ?? []) gone.set(id, updatedAt)
    },
    toJson: () => ({ unread: [...unread], ...(gone.size > 0 && { gone: [...gone] }) }),
  }
}
