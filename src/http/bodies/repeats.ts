import { digestOfText, orderedText } from '../../json/digest.ts'
import type { Repeat } from '../../store/jobs/job-store.ts'

/**
 * Recognizes a request that was sent before. It holds only digests, because the body holds a token, and the key may be
 * anything. The key goes into the body's digest, so that nobody can see that two requests have equal bodies.
 */
export function repeatOf(idempotencyKey: string, body: unknown): Repeat {
  return {
    keyDigest: digestOfText(idempotencyKey),
    bodyDigest: digestOfText(`[${JSON.stringify(idempotencyKey)},${orderedText(body)}]`),
  }
}
