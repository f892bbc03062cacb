import type { Slice } from '../state/slice.ts'
import type { OpenFeed } from './open-feed.ts'

/**
 * The gaps of a walk that concern one stream. Other gaps belong to another stream of the walk, which may be read from
 * further back, or wait for parts that the last sync could not read.
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

/** The gaps of the last sync that reading everything from `lower` (Unix seconds) on does not fill. */
export function gapsBelow(lower: number, gaps: readonly Slice[]): Slice[] {
  return gaps
    .filter(({ from }) => from < lower)
    .map((gap) => tryAgain({ ...gap, to: Math.min(gap.to ?? lower, lower) }))
}

/** A slice that was given up is read again from its beginning. */
export function tryAgain(slice: Slice): Slice {
  const { aside, flipped, ...asCut } = slice
  return aside ? asCut : slice
}
