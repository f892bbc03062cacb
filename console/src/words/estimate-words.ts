import type { Estimate } from '../api/types.ts'
import { formatNoun } from './figures.ts'
import { formatSpan } from './times.ts'

type Figures = Pick<Estimate['total'], 'rows' | 'rowsBasis' | 'requests' | 'requestsBasis' | 'minutes'>

/**
 * `30,025 rows, 201 requests, 2 s`; what is guessed has an *about* before it. What nobody knows is left out, and so is
 * less than a second.
 */
export function estimateWords({ rows, rowsBasis, requests, requestsBasis, minutes }: Figures): string {
  const words: string[] = []
  if (rows !== undefined) words.push(rowWords(rows, rowsBasis))
  if (requests !== undefined) words.push(requestWords(requests, requestsBasis))
  if (minutes !== undefined && minutes * 60 >= 1) words.push(formatSpan(minutes * 60_000))
  return words.length > 0 ? words.join(', ') : 'not known beforehand'
}

/**
 * The same of all streams together. Where the rows of some are not known beforehand, those of the others are told, and
 * what takes less than a second is told, too.
 */
export function totalWords(total: Figures, streams: readonly Figures[]): string {
  const unknown = streams.filter(({ rows }) => rows === undefined).length
  const rows = streams.reduce((sum, stream) => sum + (stream.rows ?? 0), 0)
  const known =
    total.rows === undefined && unknown < streams.length
      ? `at least ${formatNoun(rows, 'row')} (those of ${formatNoun(unknown, 'stream')} are not known beforehand), `
      : ''
  const { minutes } = total
  return `${known}${estimateWords(total)}${minutes !== undefined && minutes * 60 < 1 ? ', less than a second' : ''}`
}

/** A sample without a row does not prove that there is none. */
function rowWords(rows: number, basis: Figures['rowsBasis']): string {
  return rows === 0 && basis === 'guessed' ? 'few rows or none' : `${about(basis)}${formatNoun(rows, 'row')}`
}

/** Some streams come with the answers of others. */
function requestWords(requests: number, basis: Figures['requestsBasis']): string {
  return requests === 0 ? 'no request more' : `${about(basis)}${formatNoun(requests, 'request')}`
}

/** Streams whose requests take longer than this at the rate limit are costly, minutes. */
const costlyMinutes = 5

/** Whether a stream takes so long that somebody may want to do without it. */
export function isCostly({ minutes = 0 }: Pick<Figures, 'minutes'>): boolean {
  return minutes >= costlyMinutes
}

function about(basis: Figures['rowsBasis']): string {
  return basis === 'guessed' ? 'about ' : ''
}
