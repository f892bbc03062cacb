import Type, { type Static } from 'typebox'
import { CompletenessSchema, KeptFailureSchema, StreamStatusSchema } from '../../stored/progress.ts'
import { SearchWalkJson, SliceJson } from './search-state-schema.ts'

/** The shape of a position as it is kept. Times are Unix seconds where nothing else is said. */

const RunPosition = Type.Object({
  name: Type.String(),
  status: Type.Optional(StreamStatusSchema),
  rowsSynced: Type.Number(),
  rowsEstimate: Type.Optional(Type.Number()),
  cursor: Type.Optional(Type.Number()),
  completeness: CompletenessSchema,
  sinceState: Type.Number(),
})
export type RunPosition = Static<typeof RunPosition>

export const SyncPosition = Type.Object({
  /** Ms since the epoch. */
  emittedAt: Type.Number(),
  runs: Type.Array(RunPosition),
  /** By the name of the walk's first stream. */
  walks: Type.Record(Type.String(), Type.Record(Type.String(), Type.Unknown())),
  failure: Type.Optional(KeptFailureSchema),
  /** Readers have been told that clocks disagree. */
  clocksTold: Type.Optional(Type.Literal(true)),
})
export type SyncPosition = Static<typeof SyncPosition>

/** What a feed needs to go on. */
const FeedPosition = Type.Object({
  seen: Type.Object({
    entries: Type.Array(Type.Tuple([Type.String(), Type.Number(), Type.String()])),
    protectedFrom: Type.Number(),
    forgottenTo: Type.Number(),
    unknownTo: Type.Optional(Type.Number()),
    filter: Type.Optional(Type.String()),
  }),
  lateArrivals: Type.Number(),
  worstLag: Type.Number(),
  latest: Type.Optional(Type.Number()),
  rememberFrom: Type.Optional(Type.Number()),
  unread: Type.Array(Type.Tuple([Type.String(), Type.Number()])),
  gone: Type.Optional(Type.Array(Type.Tuple([Type.String(), Type.Number()]))),
  isAhead: Type.Optional(Type.Boolean()),
})
const FeedPositions = Type.Record(Type.String(), FeedPosition)

export const SearchPosition = Type.Object({
  endpoint: Type.Object({
    version: Type.String(),
    matching: Type.Enum(['second', 'day']),
    echoRequired: Type.Boolean(),
  }),
  plan: Type.String(),
  walk: SearchWalkJson,
  done: Type.Boolean(),
  /** What the last sync could not read has been tried again. */
  retried: Type.Boolean(),
  feeds: FeedPositions,
})
export type SearchPosition = Static<typeof SearchPosition>

export const WindowPosition = Type.Object({
  windows: Type.Array(SliceJson),
  /** When the walk began. */
  asked: Type.Number(),
  done: Type.Boolean(),
  feed: FeedPosition,
})
export type WindowPosition = Static<typeof WindowPosition>

/** What is left of a walk that is through: its beginning, and its feeds. */
export const FilteredPosition = Type.Object({
  start: Type.Number(),
  /** Whether a list that leaves records out stood in for the whole. */
  byList: Type.Optional(Type.Boolean()),
  /** Whether all its records were compared by their content. */
  byContent: Type.Optional(Type.Boolean()),
  feeds: FeedPositions,
})
export type FilteredPosition = Static<typeof FilteredPosition>
