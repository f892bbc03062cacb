import { CONFIRM_AFTER_MS } from '../../intercom/endpoints/confirmed.ts'
import type { Parent } from './pending-parents.ts'

/**
 * Parents that Intercom has said are gone, although a list has just shown them. They are asked for again at the end of
 * the walk, so that nobody waits for them meanwhile: a scroll can show thousands of companies that have been archived.
 */
export interface GoneParents {
  /** @param at when Intercom said so, ms of the monotonic clock */
  note(parent: Parent, at: number): void
  any(): boolean
  /** Those noted since it was last asked, and when each may be asked again, ms of the monotonic clock. */
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
