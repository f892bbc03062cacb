import { createHash } from 'node:crypto'
import type { Span } from './json-text.ts'
import type { ScannedAnswer, ScannedRecord } from './record-scanner.ts'

// The query string of a URL inside a JSON string (slashes may be escaped): attachments are signed anew on every read.
const URL_QUERY = /(https?:(?:\\?\/){2}[^"?\s\\<>]*(?:\\\/[^"?\s\\<>]*)*)\?[^"\s<>]*/g

/**
 * 64 bits that change when a record's content does: 16 hex digits. Left out are the query strings of URLs and the
 * stream's volatile members. It is taken from the text, so numbers count to their last digit.
 */
export function contentHash(answer: ScannedAnswer, record: ScannedRecord, volatileMembers: readonly string[]): string {
  const hash = createHash('sha256')
  const left: Span[] = volatileMembers
    .flatMap((name) => record.members.get(name) ?? [])
    .sort((one, other) => one.start - other.start)
  let from = record.start
  for (const span of left) {
    hash.update(withoutUrlQueries(answer.body.toString('utf8', from, span.start)))
    from = span.end
  }
  hash.update(withoutUrlQueries(answer.body.toString('utf8', from, record.end)))
  return hash.digest('hex').slice(0, 16)
}

/** JSON text without the query strings of the URLs in it. */
export function withoutUrlQueries(text: string): string {
  return text.replace(URL_QUERY, '$1')
}
