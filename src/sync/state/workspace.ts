import { isObject } from '../../json-object.ts'
import { OURS } from './search-state.ts'

/** The workspace that a state is of, where it says so. */
export function workspaceOf(state: Record<string, unknown> | undefined): string | undefined {
  const ours = state?.[OURS]
  return isObject(ours) && typeof ours.workspace === 'string' ? ours.workspace : undefined
}

/** The state with the workspace it is of. One that is not ours, as it was given, stays as it is. */
export function ofWorkspace(state: Record<string, unknown>, workspace: string | undefined): Record<string, unknown> {
  const ours = state[OURS]
  return workspace === undefined || !isObject(ours) ? state : { ...state, [OURS]: { ...ours, workspace } }
}
