import { createHash } from 'node:crypto'
import { isObject } from '../../json-object.ts'
import type { Repeat } from '../../store/jobs/job-store.ts'

/**
 * Recognizes a request that was sent before. It holds only digests, because the body holds a token, and the key may be
 * anything. The key goes into the body's digest, so that nobody can see that two requests have equal bodies.
 */
export function repeatOf(idempotencyKey: string, body: unknown): Repeat {
  return {
    keyDigest: digest(idempotencyKey),
    bodyDigest: digest(`[${JSON.stringify(idempotencyKey)},${orderedText(body)}]`),
  }
}

/** Shows whether two requests want the same job. */
export function digestOfBody(body: object): string {
  return digest(orderedText(body))
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url')
}

/**
 * The JSON of a value with the members of objects in one order: a client may write equal objects in different ones. The
 * order is that of an object whose members were added in the order of their names: numbers come first.
 */
function orderedText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => orderedText(item ?? null)).join()}]`
  if (!isObject(value)) return JSON.stringify(value)
  const names = Object.keys(value)
  const numbers = names.filter(isArrayIndex).sort((one, other) => Number(one) - Number(other))
  const others = names.filter((name) => !isArrayIndex(name)).sort()
  const members = [...numbers, ...others].flatMap((name) =>
    value[name] === undefined ? [] : `${JSON.stringify(name)}:${orderedText(value[name])}`,
  )
  return `{${members.join()}}`
}

/** Whether JavaScript takes a name for a number, and puts it before the others. */
function isArrayIndex(name: string): boolean {
  return /^(0|[1-9]\d{0,9})$/.test(name) && Number(name) < 2 ** 32 - 1
}
