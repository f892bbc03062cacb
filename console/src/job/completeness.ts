import type { JobStream } from '../api/types.ts'
import { formatCount, formatNoun } from '../words/figures.ts'

/** What Intercom's own counts say about a stream, beside ours, in short sentences. Nothing where nothing is to be said. */
export function completenessWords({ status, completeness }: JobStream): string[] {
  if (!completeness) return []
  const { counted, received, capped, deletedMeanwhile, tombstones, lateArrivals, restarts, retryIds } = completeness
  const words: string[] = []
  // Counts are of what has been read to its end: of a stream that was cut short they say nothing.
  if (status === 'COMPLETE' && counted !== undefined && received !== undefined) {
    const isWhole = counted === received
    words.push(
      isWhole
        ? 'as many as Intercom counts'
        : `Intercom counted ${formatCount(counted)}, ${formatCount(received)} came`,
    )
  }
  if (capped) words.push(`only the newest 500 parts of ${formatNoun(capped, 'conversation')}: Intercom gives no more`)
  if (deletedMeanwhile) words.push(`${formatNoun(deletedMeanwhile, 'row')} deleted while they were read`)
  if (tombstones) words.push(`${formatNoun(tombstones, 'row')} told to be deleted`)
  if (lateArrivals) words.push(`${formatNoun(lateArrivals, 'row')} that Intercom showed late`)
  if (restarts) words.push(`the scroll of companies began again ${restarts === 1 ? 'once' : `${restarts} times`}`)
  if (retryIds && retryIds.length > 0) {
    words.push(`${formatNoun(retryIds.length, 'row')} could not be read; the next sync tries them first`)
  }
  return words
}
