import { isObject } from '../../json-object.ts'
import type { CursorField } from '../../streams/table.ts'
import { cursorTime } from './cursor-time.ts'

/** A cursor in another connector's state, and its place inside the state. */
interface Claim {
  /** Made when it is wanted. */
  pointer: () => string
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
  // A state is JSON, which is copied so in a third of the time that a clone takes.
  const copy = JSON.parse(JSON.stringify(state)) as Record<string, unknown>
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

/** A state may have tens of thousands of partitions, so this makes one list, and pointers only when somebody wants them. */
function claimsAt(blob: unknown, pointer: string, field: CursorField): Claim[] {
  if (!isObject(blob)) return []
  const claims: Claim[] = []
  const look = (holder: unknown, member: string, place: () => string) => {
    if (!isObject(holder)) return
    const value = holder[member]
    if (value === undefined || value === null) return
    claims.push({ pointer: () => `${pointer}${place()}/${member}`, value, holder, member })
  }
  const partitions: unknown[] = Array.isArray(blob.states) ? blob.states : []
  const slices: unknown[] = Array.isArray(blob.slices) ? blob.slices : []
  look(blob, field, () => '')
  look(blob.state, field, () => '/state')
  for (const [index, partition] of partitions.entries())
    if (isObject(partition)) look(partition.cursor, field, () => `/states/${index}/cursor`)
  for (const [index, slice] of slices.entries()) {
    const place = () => `/slices/${index}`
    look(slice, 'end', place)
    look(slice, 'most_recent_cursor_value', place)
  }
  // Slices are newer than the state that they were started from.
  if (slices.length === 0) look(blob.legacy, field, () => '/legacy')
  return claims
}
