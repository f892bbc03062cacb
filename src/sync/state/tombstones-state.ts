import { isObject } from '../../json-object.ts'
import { readStored } from '../../stored/stored-data.ts'
import { OURS } from './search-state.ts'
import { OwnState, type TombstonesState } from './search-state-schema.ts'

/** What a state says about tombstones. @throws StoredDataError */
export function tombstonesOf(state: Record<string, unknown> | undefined): TombstonesState {
  const ours = state?.[OURS]
  return (ours === undefined ? undefined : readStored(OwnState, ours, 'a state')?.tombstones) ?? {}
}

/** A state that says so about tombstones, too. */
export function withTombstonesState(
  state: Readonly<Record<string, unknown>>,
  tombstones: TombstonesState,
): Record<string, unknown> {
  const ours = state[OURS]
  if (!isObject(ours) || Object.keys(tombstones).length === 0) return { ...state }
  return { ...state, [OURS]: { ...ours, tombstones } }
}
