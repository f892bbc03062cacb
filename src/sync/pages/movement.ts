import type { Walk } from '../contract/walk.ts'

/**
 * Notices whether the walks have come further by what Intercom answered. That is what progress is: an attempt's own lines
 * (STARTED, LOG, a STATE that breaks a silence) are no progress, or attempts that come to nothing would never end; a
 * walk that cannot go on from the middle has a position at its end only.
 */
export interface Movement {
  /** An answer has been taken. */
  note(): void
  /**
   * Whether a walk stands elsewhere than when this was last asked.
   *
   * @param isSilent nothing else is to be saved, so that it has to be known exactly: elsewhere it is enough to know it once
   */
  hasMoved(isSilent: boolean): boolean
}

/** @param walks as the attempt found them */
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
