import type { Walk } from '../contract/walk.ts'

/**
 * Notices whether answers from Intercom have moved the walks forward. Only that is progress. An attempt's own lines
 * (STARTED, LOG, a STATE that breaks a silence) do not count, or attempts that achieve nothing would never end. A walk
 * that cannot continue from the middle has a position only at its end.
 */
export interface Movement {
  /** An answer has been taken. */
  note(): void
  /**
   * Whether a walk has moved since the last call.
   *
   * @param isSilent nothing else is to be saved, so the answer must be exact; otherwise it is enough to find movement
   * once
   */
  hasMoved(isSilent: boolean): boolean
}

/** @param walks as they are when the attempt begins */
export function createMovement(walks: readonly Walk[]): Movement {
  const place = () => JSON.stringify(walks.map((walk) => walk.position()))
  let hasAnswer = false
  let hasEverMoved = false
  let last = place()
  return {
    note() {
      hasAnswer = true
    },
    hasMoved(isSilent) {
      if (!hasAnswer) return false
      hasAnswer = false
      // A position may be large, and is written with the lines anyway.
      if (hasEverMoved && !isSilent) return true
      const now = place()
      const moved = now !== last
      last = now
      hasEverMoved ||= moved
      return moved
    },
  }
}
