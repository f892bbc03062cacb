import { CONFIRM_AFTER_MS } from '../../intercom/endpoints/confirmed.ts'
import type { Parent } from './pending-parents.ts'

/**
 * Parents that Intercom has said are gone, although a list has just shown them. They are requested again at the end of
 * the walk, so that nothing waits for them meanwhile: a scroll can show thousands of archived companies.
 */
export interface GoneParents {
  /** @param at when Intercom said so, ms of the monotonic clock */
  note(parent: Parent, at: number): void
  any(): boolean
  /** The parents noted since the last call, and when each may be requested again, ms of the monotonic clock. */
  take(): { parent: Parent; askAt: number }[]
}

export function createGoneParents(): GoneParents {
  const noted = new Map<string, { parent: Parent; askAt: number }>()
  return {
    note: (parent, at) => void noted.set(parent.id, { parent, askAt: at + CONFIRM_AFTER_MS }),
    any: () => noted.size > 0,
    take() {
      const taken = [...noted.values()]
      noted.clear()
      return taken
    },
  }
}
