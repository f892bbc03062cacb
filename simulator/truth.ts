import type { Collection } from './records/collection.ts'

/** One version of one record, as it must be delivered while search shows it. */
export interface TruthLine {
  stream: string
  id: string
  /** Unix seconds; `null` for streams without times. */
  updatedAt: number | null
  /** Hex SHA-256 of the record's text with the documented repairs. */
  sha256: string
  /** Ms since the epoch; 0 for what was there from the start. */
  visibleFrom: number
  /** Ms since the epoch; `null` while nothing has taken its place. */
  visibleUntil: number | null
}

/** Every version of every record there ever was, in the order of their coming. */
export function* truthOf(collections: Iterable<Collection>): Generator<TruthLine> {
  for (const collection of collections) {
    for (const { stream, plan, sha256, visibleFrom, visibleUntil } of collection.log) {
      yield { stream, id: plan.id, updatedAt: plan.updatedAt, sha256, visibleFrom, visibleUntil }
    }
  }
}
