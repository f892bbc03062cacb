import type { Slice } from '../state/slice.ts'
import type { OpenFeed } from './open-feed.ts'

/**
 * What a walk could not have of what it owes to a stream. Another stream of the walk may be read from further back, or
 * wait for what the last sync could not have.
 */
export function remainingGaps(feed: Pick<OpenFeed, 'lower' | 'previous'>, slices: readonly Slice[]): Slice[] {
  const { previous } = feed
  const lower = feed.lower()
  const gaps = slices.filter((slice) => slice.aside)
  return gaps.flatMap((gap) => {
    if (previous?.gaps.some((before) => overlaps(before, gap))) return gap
    return (gap.to ?? Infinity) > lower ? { ...gap, from: Math.max(gap.from, lower) } : []
  })
}

function overlaps(one: Slice, other: Slice): boolean {
  return one.from < (other.to ?? Infinity) && other.from < (one.to ?? Infinity)
}

/** What the last sync could not have, as far as reading everything from `lower` (Unix seconds) on does not bring it. */
export function gapsBelow(lower: number, gaps: readonly Slice[]): Slice[] {
  return gaps
    .filter(({ from }) => from < lower)
    .map((gap) => tryAgain({ ...gap, to: Math.min(gap.to ?? lower, lower) }))
}

/** What was given up is read again from its beginning. */
export function tryAgain(slice: Slice): Slice {
  const { aside, flipped, ...asCut } = slice
  return aside ? asCut : slice
}
