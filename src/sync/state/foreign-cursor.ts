import { isObject } from '../../json-object.ts'
import type { CursorField } from '../../streams/table.ts'
import { cursorTime } from './cursor-time.ts'

/** A cursor in another connector's state, and its place inside the state. */
export interface Claim {
  pointer: string
  value: unknown
  /** The object that has it, and under which name. */
  holder: Record<string, unknown>
  member: string
}

/**
 * Every cursor that a state of Airbyte's connector claims, in the shape of any of its versions. Only records before the
 * oldest claim have certainly been delivered: parents run ahead of their children, and partitions progress
 * independently of each other.
 */
export function foreignClaims(state: Record<string, unknown>, field: CursorField, parent?: string): Claim[] {
  const own = claimsAt(state, '', field)
  if (parent === undefined) return own
  const parents = isObject(state.parent_state) ? state.parent_state : undefined
  return [
    ...own,
    // Beside a child's cursor the state holds the one that its last sync began with. A sync that broke off has only
    // reached that one.
    ...claimsAt(state.prior_state, '/prior_state', field),
    ...claimsAt(state[parent], `/${parent}`, field),
    ...claimsAt(parents?.[parent], `/parent_state/${parent}`, field),
  ]
}

/** How much further back a child's state asks us to read: as long as the sync took that wrote the state, seconds. */
export function foreignLookback({
  use_global_cursor: isGlobal,
  lookback_window: window,
}: Record<string, unknown>): number {
  return isGlobal === true && typeof window === 'number' && window > 0 ? Math.ceil(window) : 0
}

/**
 * The same state with every date in it as Unix seconds, because processes of earlier versions read no dates, and may
 * carry out the job.
 */
export function withSeconds(
  state: Record<string, unknown>,
  field: CursorField,
  parent?: string,
): Record<string, unknown> {
  if (!foreignClaims(state, field, parent).some(isDate)) return state
  const copy = structuredClone(state)
  for (const claim of foreignClaims(copy, field, parent).filter(isDate))
    claim.holder[claim.member] = cursorTime(claim.value)
  return copy
}

function isDate({ value }: Claim): boolean {
  return Number.isNaN(Number(value))
}

/** The oldest claim that can be trusted, Unix seconds; undefined when there is none. */
export function oldestClaim(claims: readonly Claim[]): number | undefined {
  const cursors = claims.flatMap(({ value }) => cursorTime(value) ?? [])
  return cursors.length > 0 ? cursors.reduce((oldest, cursor) => Math.min(oldest, cursor)) : undefined
}

function claimsAt(blob: unknown, pointer: string, field: CursorField): Claim[] {
  if (!isObject(blob)) return []
  const partitions = Array.isArray(blob.states) ? blob.states : []
  const slices = Array.isArray(blob.slices) ? blob.slices : []
  return [
    ...claim(blob, field, pointer),
    ...claim(blob.state, field, `${pointer}/state`),
    ...partitions.flatMap((partition: unknown, index) =>
      isObject(partition) ? claim(partition.cursor, field, `${pointer}/states/${index}/cursor`) : [],
    ),
    ...slices.flatMap((slice: unknown, index) => [
      ...claim(slice, 'end', `${pointer}/slices/${index}`),
      ...claim(slice, 'most_recent_cursor_value', `${pointer}/slices/${index}`),
    ]),
    // Slices are newer than the state that they were started from.
    ...(slices.length === 0 ? claim(blob.legacy, field, `${pointer}/legacy`) : []),
  ]
}

function claim(holder: unknown, member: string, pointer: string): Claim[] {
  if (!isObject(holder)) return []
  const value = holder[member]
  return value === undefined || value === null ? [] : [{ pointer: `${pointer}/${member}`, value, holder, member }]
}
