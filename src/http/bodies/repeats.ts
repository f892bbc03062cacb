import { createHash } from 'node:crypto'
import { isObject } from '../../json-object.ts'
import type { Repeat } from '../../store/jobs/job-store.ts'

/**
 * Recognizes a request that was sent before. It holds only digests, because the body holds a token, and the key may be
 * anything. The key goes into the body's digest, so that nobody can see that two requests have equal bodies.
 */
export function repeatOf(idempotencyKey: string, body: unknown): Repeat {
  return { keyDigest: digest(idempotencyKey), bodyDigest: digest(JSON.stringify([idempotencyKey, ordered(body)])) }
}

/** Shows whether two requests want the same job. */
export function digestOfBody(body: object): string {
  return digest(JSON.stringify(ordered(body)))
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url')
}

/** Members in one order: a client may write equal objects in different ones. */
function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered)
  if (!isObject(value)) return value
  const names = Object.keys(value).sort()
  return Object.fromEntries(names.map((name) => [name, ordered(value[name])]))
}
