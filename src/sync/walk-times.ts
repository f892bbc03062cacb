import type { IntercomClient } from '../intercom/client.ts'
import type { SearchWalkState, TailState } from './search-state.ts'

/**
 * The times that bound a walk are moments: what Intercom's clock showed then is known better with every answer, and goes
 * down alone. So a walk holds them as getters, and a state has what was known when it was written.
 */

/** A walk that is taken up again. Whatever its times were, they lay before now. */
export function takenUpAgain(walk: SearchWalkState, client: IntercomClient): SearchWalkState {
  const frozen = client.moment(walk.frozen)
  const { tail } = walk
  const asked = tail && client.moment(tail.asked)
  return {
    ...walk,
    get frozen() {
      return frozen.seconds()
    },
    ...(tail && {
      tail: {
        ...tail,
        get asked() {
          return Math.max(frozen.seconds(), asked?.seconds() ?? tail.asked)
        },
      },
    }),
  }
}

/**
 * A round of the tail that is asked now.
 *
 * @param from when it reads from, Unix seconds; may go down
 * @param readBefore up to here others have read what it would have
 */
export function tailRound(
  client: IntercomClient,
  round: number,
  from: () => number,
  readBefore = Number.NEGATIVE_INFINITY,
): TailState {
  const moment = client.moment()
  const slice = { from: Math.max(from(), readBefore), to: null, done: false }
  return {
    round,
    get asked() {
      // Nothing looked at what lies between the time it should have begun at and the one it did.
      return slice.from > from() ? from() : Math.max(from(), moment.seconds())
    },
    pages: 0,
    slice,
  }
}
