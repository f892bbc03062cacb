import { CodedError } from '../../errors.ts'
import type { Row } from '../pages/search-pages.ts'
import type { PendingParentsJson } from '../state/position-schema.ts'

/** States must stay small. And so many failures are no longer the failures of single records. */
const MOST_UNREAD = 1000
const MOST_UNREAD_IN_A_ROW = 20

/** What a child stream needs to know about a parent. */
export type Parent = Pick<Row, 'id' | 'updatedAt'>

/** The parents whose children a stream still has to deliver, as of the arrivals taken. Times are Unix seconds. */
export interface PendingParents {
  /**
   * Intercom could not give the parent's children. @throws CodedError when so many fail that the parents cannot be the
   * cause
   */
  failed(parent: Parent): void
  /** Intercom has said that the parent is gone. It is asked again before we trust this. */
  mayBeGone(parent: Parent): void
  /** Nothing about the parent is pending any more. @param came its children have come */
  settled(parent: Parent, came: boolean): void
  /** All pending parents, by id, with when each was updated. */
  all(): ReadonlyMap<string, number>
  /** The pending parents that are gone according to Intercom. */
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
