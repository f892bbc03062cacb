import { createHash } from 'node:crypto'
import type { Span } from './json-text.ts'
import type { ScannedAnswer, ScannedRecord } from './record-scanner.ts'

// URLs of Intercom's own attachments, which are signed anew with every read. No other URLs: in a customer's URL the query
// may be all that changes. Hosts are those of Intercom's article on Content Security Policy
// (intercom.com/help/en/articles/3894); the numbered ones also come below a workspace's name. Signed URLs found in public
// have `expires`, `signature` and since 2024 `req`. Slashes and ampersands may be escaped.
const SIGNED_URL =
  /(https:(?:\\?\/){2}(?:[\w-]+\.)*intercom(?:cdn|usercontent|assets|-attachments(?:-\d)?)\.(?:com|eu)\\?\/(?:[^"?\s\\<>]|\\\/)*)\?(?=(?:[^"\s<>]*(?:[&;]|\\u0026))?signature=)(?:[^"\s\\<>]|\\\/|\\u00[0-9a-f]{2})*/gi

/**
 * 64 bits that change when a record's content does: 16 hex digits. The signatures of attachments and the stream's
 * volatile members are left out. It hashes the text, so numbers count to their last digit.
 */
export function contentHash(answer: ScannedAnswer, record: ScannedRecord, volatileMembers: readonly string[]): string {
  const hash = createHash('sha256')
  const left: Span[] = volatileMembers
    .flatMap((name) => record.members.get(name) ?? [])
    .sort((one, other) => one.start - other.start)
  const update = (start: number, end: number) => hash.update(unsigned(answer.body.subarray(start, end)))
  let from = record.start
  for (const span of left) {
    update(from, span.start)
    from = span.end
  }
  update(from, record.end)
  return hash.digest('hex').slice(0, 16)
}

/** JSON text without signatures: as it is, where it has none. */
export function unsigned(text: Buffer): Buffer | string {
  return maySign(text) ? withoutSignatures(text.toString('utf8')) : text
}

/** Whether JSON text may hold a signed URL at all. Nearly no record does, and this is faster than searching for URLs. */
function maySign(text: Buffer): boolean {
  return text.includes('?') && /signature=/i.test(text.toString('latin1'))
}

/** JSON text without the query strings of Intercom's own attachments, which are signed anew with every read. */
function withoutSignatures(text: string): string {
  return text.replace(SIGNED_URL, '$1')
}
