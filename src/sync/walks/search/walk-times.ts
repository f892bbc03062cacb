import type { IntercomClient } from '../../../intercom/client.ts'
import type { SearchWalkState, TailState } from '../../state/search-state.ts'
import { ofWhatWasBegun } from '../../state/slice.ts'

/**
 * The times that bound a walk are moments: with every answer we know better what Intercom's clock showed then, and the
 * value only goes down. So a walk holds its times as getters, and a state has the values that were known when it was
 * written.
 */

/** A walk that is continued from a state. All its times lie in the past. */
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
 * The slices of a walk can only have delivered records from before this (Unix seconds). If the walk's time was lowered,
 * the slices still reach beyond it.
 */
export function endOf({ frozen, slices }: SearchWalkState): number {
  return Math.max(frozen, ...slices.map(({ to }) => to ?? frozen))
}

/** The first pass of the tail. If clocks disagree, or did meanwhile, it repeats part of what the slices have read. */
export function firstTailPass(client: IntercomClient, walk: SearchWalkState): TailState {
  const pass = tailPass(client, 1, () => Math.max(walk.frozen, walk.lower))
  if (pass.slice.from < endOf(walk)) pass.slice = ofWhatWasBegun(pass.slice)
  return pass
}

/**
 * A pass of the tail that is requested now.
 *
 * @param from when it reads from, Unix seconds; may go down
 * @param readBefore others have already read this pass's records up to here
 */
export function tailPass(
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
      // If `from` has been lowered, nobody has read from there to where this pass began.
      return slice.from > from() ? from() : Math.max(from(), moment.seconds())
    },
    pages: 0,
    slice,
  }
}
