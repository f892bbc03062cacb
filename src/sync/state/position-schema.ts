import Type, { type Static, type TSchema } from 'typebox'
import Value from 'typebox/value'
import { type ErrorCode, errorTable, type FailureType } from '../../error-table.ts'
import { CodedError } from '../../errors.ts'
import { SearchWalkJson, SliceJson } from './search-state-schema.ts'

/**
 * The shape of a position: what an attempt leaves for the next one, in Redis, with every commit. Times are Unix seconds.
 * Members that came later are optional, so that positions of before can be gone on from.
 */

/** Format of a position. One that does not name its format is of this one, so it is not written. */
const POSITION_FORMAT = 1

const Time = Type.Number()
const Count = Type.Integer({ minimum: 0 })
const TimesById = Type.Array(Type.Tuple([Type.String(), Time]))

const SeenJson = Type.Object({
  /** What was delivered: `[id, updatedAt, hash]`. */
  entries: Type.Array(Type.Tuple([Type.String(), Time, Type.String()])),
  protectedFrom: Time,
  /** Time of the youngest record forgotten for lack of room, or never known here. */
  forgottenTo: Time,
  /** Up to this time nothing is known, not even by the filter. */
  unknownTo: Type.Optional(Time),
  /** Of what was forgotten for lack of room. */
  filter: Type.Optional(Type.String()),
})
export type SeenJson = Static<typeof SeenJson>

const OverlapJson = Type.Object({
  seen: SeenJson,
  lateArrivals: Count,
  worstLag: Type.Number(),
  /** The longest lag that the last sync's overlap was hardly enough for, seconds. @defaultValue 0 */
  latest: Type.Optional(Type.Number()),
  /** What was updated since then is remembered. @defaultValue as a walk that begins */
  rememberFrom: Type.Optional(Time),
})
export type OverlapJson = Static<typeof OverlapJson>

const OwedParentsJson = Type.Object({
  unread: TimesById,
  gone: Type.Optional(TimesById),
})
export type OwedParentsJson = Static<typeof OwedParentsJson>

/** What a feed needs to go on. */
const FeedJson = Type.Intersect([
  OverlapJson,
  OwedParentsJson,
  Type.Object({
    /** The incoming state lay a little in the future when the walk began. @defaultValue as it is now */
    isAhead: Type.Optional(Type.Boolean()),
  }),
])
export type FeedJson = Static<typeof FeedJson>

const FeedsJson = Type.Record(Type.String(), FeedJson)

/** Of a walk by search, see `Planned`. */
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

/** Of a list that is filtered: it has a position at its end only. */
export const FilteredPosition = Type.Object({
  /** When the walk began. */
  start: Time,
  /** Whether a list that leaves records out stood in for the whole. */
  byList: Type.Optional(Type.Boolean()),
  /** Whether all its records were compared by their content. */
  byContent: Type.Optional(Type.Boolean()),
  feeds: FeedsJson,
})
export type FilteredPosition = Static<typeof FilteredPosition>

/** Of a log that is read window by window. */
export const WindowPosition = Type.Object({
  windows: Type.Array(SliceJson),
  /** When the walk began: it owns what was logged before. */
  asked: Time,
  done: Type.Boolean(),
  feed: FeedJson,
})
export type WindowPosition = Static<typeof WindowPosition>

/** Of a list that is read whole each time. */
export const SnapshotPosition = Type.Object({ done: Type.Boolean() })

const StreamRunJson = Type.Object({
  name: Type.String(),
  status: Type.Optional(
    Type.Union([
      Type.Literal('STARTED'),
      Type.Literal('RUNNING'),
      Type.Literal('COMPLETE'),
      Type.Literal('INCOMPLETE'),
    ]),
  ),
  rowsSynced: Count,
  rowsEstimate: Type.Optional(Count),
  cursor: Type.Optional(Time),
  completeness: Type.Object({
    counted: Type.Optional(Count),
    received: Type.Optional(Count),
    capped: Type.Optional(Count),
    deletedMeanwhile: Type.Optional(Count),
    lateArrivals: Type.Optional(Count),
    restarts: Type.Optional(Count),
    retryIds: Type.Optional(Type.Array(Type.String())),
  }),
  /** RECORDs since the last STATE. */
  sinceState: Count,
})

/** Of a whole job. */
export const SyncPosition = Type.Object({
  v: Type.Optional(Type.Literal(POSITION_FORMAT)),
  /** `emitted_at` of the latest message, ms. */
  emittedAt: Type.Number(),
  runs: Type.Array(StreamRunJson),
  /** By the name of the walk's first stream. */
  walks: Type.Record(Type.String(), Type.Record(Type.String(), Type.Unknown())),
  failure: Type.Optional(
    Type.Object({
      code: Type.Enum(Object.keys(errorTable) as ErrorCode[]),
      message: Type.String(),
      failureType: Type.Enum(['config_error', 'transient_error', 'system_error'] satisfies FailureType[]),
      streamName: Type.Optional(Type.String()),
    }),
  ),
  /** Readers have been told that clocks disagree. */
  clocksTold: Type.Optional(Type.Literal(true)),
})
export type SyncPosition = Static<typeof SyncPosition>

/**
 * Reads what an attempt before has left.
 *
 * @throws CodedError `position_unreadable` when it is of another format
 */
export function readPosition<Schema extends TSchema>(schema: Schema, position: unknown): Static<Schema> {
  if (Value.Check(schema, position)) return position
  const [error] = Value.Errors(schema, position)
  const where = `${error?.instancePath || '/'} ${error?.message ?? ''}`.trim()
  throw new CodedError(
    'position_unreadable',
    `The place that the attempt before has left cannot be read (${where}): it is of another version of intercom-sync. ` +
      'Another worker may read it; if none can, start a new job from the last STATE.',
  )
}
