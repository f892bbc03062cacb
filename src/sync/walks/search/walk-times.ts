import type { IntercomClient } from '../../../intercom/client.ts'
import type { SearchWalkState, TailState } from '../../state/search-state.ts'
import { ofWhatWasBegun } from '../../state/slice.ts'

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

/** Before this (Unix seconds) lies what the slices of a walk can have delivered: where its time was lowered, they go on. */
export function endOf({ frozen, slices }: SearchWalkState): number {
  return Math.max(frozen, ...slices.map(({ to }) => to ?? frozen))
}

/** The first round of the tail. Where clocks disagree, or did meanwhile, it reads some of what slices have read, too. */
export function firstRound(client: IntercomClient, walk: SearchWalkState): TailState {
  const round = tailRound(client, 1, () => Math.max(walk.frozen, walk.lower))
  if (round.slice.from < endOf(walk)) round.slice = ofWhatWasBegun(round.slice)
  return round
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
