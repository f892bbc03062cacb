import Type, { type Static } from 'typebox'
import type { Fault } from '../../errors.ts'
import { isValid } from '../../stored/stored-data.ts'
import { firstFault } from '../../stored/validation.ts'
import { type CursorField, cursorFields } from '../../streams/table.ts'
import { cursorTime } from './cursor-time.ts'
import { foreignClaims } from './foreign-cursor.ts'

/** The shape of a search stream's state as it travels. Times are Unix seconds. */

/** Format of everything below `intercom_sync`. */
export const STATE_FORMAT = 1

const Time = Type.Number({ minimum: 0 })
const Bound = Type.Union([Time, Type.Null()])

const SliceProgress = Type.Object({
  at: Type.Optional(Time),
  witnessed: Type.Optional(Time),
  ids: Type.Optional(Type.Array(Type.String())),
  ahead: Type.Optional(Type.Array(Type.String())),
  after: Type.Optional(Type.String()),
  skip: Type.Optional(Type.Array(Type.String())),
  only: Type.Optional(Type.Array(Type.String())),
  flipped: Type.Optional(Type.Literal(true)),
  aside: Type.Optional(Type.Literal(true)),
  reread: Type.Optional(Type.Literal(true)),
  received: Type.Optional(Type.Integer({ minimum: 0 })),
  expected: Type.Optional(Type.Integer({ minimum: 0 })),
  most: Type.Optional(Type.Integer({ minimum: 0 })),
  shortPage: Type.Optional(Type.Literal(true)),
  mayRepeat: Type.Optional(Type.Literal(true)),
  tentative: Type.Optional(Type.Literal(true)),
})

/** A slice: `[from, to, "done" | progress]`, followed by `[createdFrom, createdTo]` when it is cut further. */
export const SliceJson = Type.Union([
  Type.Tuple([Time, Bound, Type.Union([Type.Literal('done'), SliceProgress])]),
  Type.Tuple([Time, Bound, Type.Union([Type.Literal('done'), SliceProgress]), Type.Tuple([Bound, Bound])]),
])
export type SliceJson = Static<typeof SliceJson>

export const SearchWalkJson = Type.Object({
  lower: Time,
  frozen: Time,
  slices: Type.Array(SliceJson),
  order: Type.Optional(Type.Literal('descending')),
  cutting: Type.Optional(Type.Object({ target: Type.Number({ minimum: 1 }), oldest: Time })),
  tail: Type.Optional(
    Type.Object({
      round: Type.Integer({ minimum: 1 }),
      asked: Time,
      pages: Type.Integer({ minimum: 0 }),
      slice: SliceJson,
    }),
  ),
})
export type SearchWalkJson = Static<typeof SearchWalkJson>

/** A cursor as anybody may have written it: `null` is none. */
const Cursor = Type.Refine(
  Type.Unsafe<number | string | null>(Type.Unknown()),
  (value) => value === null || cursorTime(value) !== undefined,
  () => 'must be a time, in Unix seconds or as 2026-01-31T12:00:00Z',
)

/** What a state says about tombstones. */
export const TombstonesState = Type.Object({
  /** The list of deletions was read up to here, Unix seconds. */
  from: Type.Optional(Time),
  /** The records of that list whose tombstones have come; see `Told`. */
  told: Type.Optional(Type.String()),
  /** Records whose tombstones have come and that no list has named yet, each with when it was noticed. */
  gone: Type.Optional(Type.Record(Type.String(), Time)),
})
export type TombstonesState = Static<typeof TombstonesState>

const SearchStateJson = Type.Object({
  updated_at: Type.Optional(Cursor),
  created_at: Type.Optional(Cursor),
  parent_updated_at: Type.Optional(Cursor),
  deleted_at: Type.Optional(Cursor),
  intercom_sync: Type.Optional(
    Type.Object({
      v: Type.Literal(STATE_FORMAT),
      plan: Type.Optional(Type.String()),
      began: Type.Optional(Time),
      read_to: Type.Optional(Time),
      worst_lag: Type.Optional(Time),
      seen: Type.Optional(Type.Record(Type.String(), Type.String())),
      unmet: Type.Optional(Type.Record(Type.String(), Time)),
      seen_filter: Type.Optional(Type.String()),
      workspace: Type.Optional(Type.String()),
      listed_from: Type.Optional(Time),
      walk: Type.Optional(SearchWalkJson),
      gaps: Type.Optional(Type.Array(SliceJson)),
      go_on_from: Type.Optional(Time),
      after: Type.Optional(Type.Record(Type.String(), Type.String())),
      tombstones: Type.Optional(TombstonesState),
      on_page: Type.Optional(Type.Array(Type.String())),
      // Earlier versions wrote an empty list.
      retry_ids: Type.Optional(Type.Union([Type.Record(Type.String(), Time), Type.Array(Type.Never())])),
    }),
  ),
})

/** Everything that a state holds beside Airbyte's cursor. */
export const OwnState = SearchStateJson.properties.intercom_sync

/** Checks the state of a search stream. If a part is unusable, a fault says so; nothing is ignored silently. */
export function checkSearchState(
  state: Record<string, unknown>,
  pointer: string,
  faults: Fault[],
  stream: { cursor: CursorField; parent?: string | undefined },
): void {
  const ours = state.intercom_sync as { v?: unknown } | null | undefined
  if (typeof ours === 'object' && ours !== null && ours.v !== STATE_FORMAT) {
    const detail = `is format ${JSON.stringify(ours.v)} and this version reads ${STATE_FORMAT}: update intercom-sync, or reset the state`
    faults.push({ pointer: `${pointer}/intercom_sync/v`, detail })
    return
  }
  if (!isValid(SearchStateJson, state)) {
    const fault = firstFault(SearchStateJson, state)
    faults.push({
      pointer: `${pointer}${fault.pointer}`,
      detail: `${fault.message}: give the state as it was received, or reset it`,
    })
    return
  }
  const other = cursorFields.find((field) => field !== stream.cursor && state[field] !== undefined)
  if (other !== undefined && state[stream.cursor] === undefined) {
    const detail = `is of another stream: this one goes by ${stream.cursor}. Give each stream its own state, or reset it`
    faults.push({ pointer: `${pointer}/${other}`, detail })
  }
  if (ours !== undefined) return
  for (const claim of foreignClaims(state, stream.cursor, stream.parent))
    if (!isValid(Cursor, claim.value)) {
      const detail =
        'must be a time, in Unix seconds or as 2026-01-31T12:00:00Z: give the state as it was received, or reset it'
      faults.push({ pointer: `${pointer}${claim.pointer()}`, detail })
    }
}
