import { isObject } from '../../json-object.ts'
import { OURS } from './search-state.ts'

/** The workspace that a state belongs to, if the state says so. */
export function workspaceOf(state: Record<string, unknown> | undefined): string | undefined {
  const ours = state?.[OURS]
  return isObject(ours) && typeof ours.workspace === 'string' ? ours.workspace : undefined
}

/** Adds the workspace to a state. A state that is not ours stays as it was given. */
export function ofWorkspace(state: Record<string, unknown>, workspace: string | undefined): Record<string, unknown> {
  const ours = state[OURS]
  return workspace === undefined || !isObject(ours) ? state : { ...state, [OURS]: { ...ours, workspace } }
}
