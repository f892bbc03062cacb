import Type, { type Static, type TSchema } from 'typebox'
import { CompletenessSchema, KeptFailureSchema, positionWithLists, StreamStatusSchema } from '../../stored/progress.ts'
import { readStored } from '../../stored/stored-data.ts'
import { SearchWalkJson, SliceJson, TombstonesState } from './search-state-schema.ts'

/**
 * The shape of a position: what an attempt leaves for the next one, in Redis, with every commit. Times are Unix
 * seconds. Newer members are optional, so that an attempt can continue from a position that an earlier version wrote.
 */

const Time = Type.Number()
const Count = Type.Integer({ minimum: 0 })
const TimesById = Type.Array(Type.Tuple([Type.String(), Time]))

/** A record that was delivered: `[id, updatedAt, hash]`; without a hash, it counts as not delivered from here on. */
const SeenEntry = Type.Tuple([Type.String(), Time, Type.String()])
export type SeenEntry = Static<typeof SeenEntry>

export const SeenJson = Type.Object({
  entries: Type.Array(SeenEntry),
  /** So many entries are kept beside the position, and none here. @defaultValue all are here */
  apart: Type.Optional(Type.Integer({ minimum: 0 })),
  protectedFrom: Time,
  /** Time of the youngest record that was forgotten for lack of room, or never known here. */
  forgottenTo: Time,
  /** Up to this time nothing is known, not even from the filter. */
  unknownTo: Type.Optional(Time),
  /** The filter over the records forgotten for lack of room. */
  filter: Type.Optional(Type.String()),
})
export type SeenJson = Static<typeof SeenJson>

const OverlapJson = Type.Object({
  seen: SeenJson,
  lateArrivals: Count,
  worstLag: Type.Number(),
  /** The longest lag in this walk that the last sync's overlap was hardly enough for, seconds. @defaultValue 0 */
  latest: Type.Optional(Type.Number()),
  /** Records updated since then are remembered. @defaultValue as in a walk that begins */
  rememberFrom: Type.Optional(Time),
})
export type OverlapJson = Static<typeof OverlapJson>

const PendingParentsJson = Type.Object({
  unread: TimesById,
  gone: Type.Optional(TimesById),
})
export type PendingParentsJson = Static<typeof PendingParentsJson>

/** What a feed needs in order to continue. */
const FeedJson = Type.Intersect([
  OverlapJson,
  PendingParentsJson,
  Type.Object({
    /** The incoming state was slightly in the future when the walk began. @defaultValue as it is now */
    isAhead: Type.Optional(Type.Boolean()),
  }),
])
export type FeedJson = Static<typeof FeedJson>

const FeedsJson = Type.Record(Type.String(), FeedJson)

/** The position of a walk by search, see `Planned`. */
export const SearchPosition = Type.Object({
  endpoint: Type.Object({
    version: Type.String(),
    matching: Type.Union([Type.Literal('second'), Type.Literal('day')]),
    echoRequired: Type.Boolean(),
  }),
  plan: Type.String(),
  walk: SearchWalkJson,
  done: Type.Boolean(),
  retried: Type.Boolean(),
  feeds: FeedsJson,
})
export type SearchPosition = Static<typeof SearchPosition>

/** The position of a walk over a filtered list, which has a position only at its end. */
export const FilteredPosition = Type.Object({
  /** When the walk began. */
  start: Time,
  /** Whether a list that leaves records out was read instead of the complete one. */
  byList: Type.Optional(Type.Boolean()),
  /** Whether all records of the list were compared by their content. */
  byContent: Type.Optional(Type.Boolean()),
  feeds: FeedsJson,
})
export type FilteredPosition = Static<typeof FilteredPosition>

/** The position of a walk over a log that is read period by period. */
export const PeriodPosition = Type.Object({
  /** The periods, under the name that stored positions have. */
  windows: Type.Array(SliceJson),
  /** When the walk began: it owns everything logged before. */
  asked: Time,
  done: Type.Boolean(),
  feed: FeedJson,
})
export type PeriodPosition = Static<typeof PeriodPosition>

/** The part of a walk's position that is about tombstones. */
export const TombstonesPosition = Type.Object({
  /** Records that were gone when they were asked for, and when that was noticed. */
  gone: Type.Array(Type.Object({ id: Type.String(), at: Time })),
  /**
   * What the records have shown of which Intercom has said, once at least, that they are gone: rows of other streams, each
   * with its stream and its key. @defaultValue nothing
   */
  shown: Type.Optional(
    Type.Array(Type.Object({ id: Type.String(), rows: Type.Array(Type.Tuple([Type.String(), Type.String()])) })),
  ),
  /**
   * Rows of other streams that were delivered although an earlier sync has delivered their record's tombstone: each
   * stream with the record's id. @defaultValue none
   */
  came: Type.Optional(Type.Array(Type.Tuple([Type.String(), Type.String()]))),
  /** Records that were delivered although an earlier sync has delivered their tombstones. */
  revived: Type.Array(Type.String()),
  /** What the next state says: the tombstones of this walk have come. @defaultValue they have not */
  done: Type.Optional(TombstonesState),
})
export type TombstonesPosition = Static<typeof TombstonesPosition>

/** The position of a walk over a log that is read by a cursor of Intercom's. */
export const LogPosition = Type.Object({
  /** How to ask for the page that is read next, or for the last one. */
  place: Type.Record(Type.String(), Type.String()),
  /** The events that have come of that page. */
  onPage: Type.Array(Type.String()),
  /** Time of the latest event, Unix seconds. @defaultValue none has come */
  latest: Type.Optional(Time),
  done: Type.Boolean(),
})
export type LogPosition = Static<typeof LogPosition>

/** The position of a walk over a list that is read whole each time. */
export const SnapshotPosition = Type.Object({ done: Type.Boolean() })

const StreamRunJson = Type.Object({
  name: Type.String(),
  status: Type.Optional(StreamStatusSchema),
  rowsSynced: Count,
  rowsEstimate: Type.Optional(Count),
  cursor: Type.Optional(Time),
  completeness: CompletenessSchema,
  /** RECORDs since the last STATE. */
  sinceState: Count,
  /** When the last STATE came, or else the job began, ms since the epoch. @defaultValue when the attempt begins */
  stateAt: Type.Optional(Type.Number()),
})

/** The position of a whole job. */
export const SyncPosition = Type.Object({
  v: Type.Optional(Type.Literal(positionWithLists)),
  /** `emitted_at` of the latest message, ms. */
  emittedAt: Type.Number(),
  runs: Type.Array(StreamRunJson),
  /** By the name of the walk's first stream. */
  walks: Type.Record(Type.String(), Type.Record(Type.String(), Type.Unknown())),
  failure: Type.Optional(KeptFailureSchema),
  /** It has been reported to readers that clocks disagree. */
  clocksTold: Type.Optional(Type.Literal(true)),
  /** Streams of the catalog that the job leaves out. @defaultValue none */
  skipped: Type.Optional(Type.Array(Type.String())),
})
export type SyncPosition = Static<typeof SyncPosition>

/**
 * Reads a position that an earlier attempt has left.
 *
 * @param owner for the error: `the job`, or the walk's first stream
 * @throws StoredDataError when it is damaged or of another version
 */
export function readPosition<Schema extends TSchema>(schema: Schema, position: unknown, owner: string): Static<Schema> {
  return readStored(schema, position, `the position of ${owner}`, positionWithLists)
}
