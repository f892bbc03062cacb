import type { Missing } from '../contract/walk.ts'
import { describeRange } from '../pages/narrowing.ts'
import type { Slice } from '../state/slice.ts'
import { remainingGaps } from '../streams/gaps.ts'
import type { OpenFeed } from '../streams/open-feed.ts'

/** Ids named in one message. */
const MOST_NAMED = 20

/**
 * The parts of a stream that a walk could not read although it has come to its end: stretches of time, records with
 * lists that cannot be read, and children of parents.
 */
export function missingOf(feed: OpenFeed | undefined, slices: readonly Slice[] = []): Missing | undefined {
  const gaps = feed ? remainingGaps(feed, slices) : []
  const stretches = gaps.filter(({ only }) => !only).map(describeRange)
  const listed = gaps.flatMap(({ only }) => only ?? [])
  const unread = [...(feed?.pendingParents.all().keys() ?? [])]
  const words = [
    stretches.length > 0 && `what was ${feed?.entry.periods ? 'logged' : 'updated'} from ${stretches.join(', ')}`,
    listed.length > 0 && `the lists of ${nameSome(listed)}`,
    unread.length > 0 && `those of ${feed?.source.child?.parent} ${nameSome(unread)}`,
  ].filter((text) => text !== false)
  return words.length > 0 ? { words: words.join('; '), retryIds: [...unread, ...listed] } : undefined
}

function nameSome(ids: readonly string[]): string {
  const more = ids.length > MOST_NAMED ? ` and ${ids.length - MOST_NAMED} more` : ''
  return `${ids.slice(0, MOST_NAMED).join(', ')}${more}`
}
