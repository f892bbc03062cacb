import { inspect } from 'node:util'

/** A token of characters that are written differently in JSON, HTML and URLs. */
export const canary = `dG9r"ZW4/\\+c4n&ry<%7E>=~'9Qz`

/** The notations in which it may come back. */
export const writings: Readonly<Record<string, string>> = {
  plain: canary,
  'JSON in JSON': JSON.stringify(JSON.stringify({ token: canary })),
  'per cent': encodeURIComponent(canary),
  'per cent, small': encodeURIComponent(canary).replace(/%../g, (code) => code.toLowerCase()),
  base64: Buffer.from(canary).toString('base64'),
  'base64 of the header': Buffer.from(`Authorization: Bearer ${canary}`).toString('base64'),
  base64url: Buffer.from(`Bearer ${canary} `).toString('base64url'),
}

/** Pieces by which the token is recognized, whole or cut off. */
const pieces = [
  canary.slice(0, 12),
  canary.slice(-12),
  JSON.stringify(canary).slice(1, 13),
  encodeURIComponent(canary).slice(0, 12),
  encodeURIComponent(canary).slice(-12),
  ...[0, 1, 2].flatMap((before) => {
    const text = Buffer.from('x'.repeat(before) + canary).toString('base64')
    return [text.slice(4, 16), text.slice(-20, -8)]
  }),
  'dG9r&quot;ZW4',
]

/** The part of the canary that a text, or any other value as Node prints it, reveals; it should be none. */
export function givenAway(what: unknown): string | undefined {
  const text = typeof what === 'string' ? what : inspect(what, { depth: 12, showHidden: true, maxStringLength: null })
  const place = pieces.map((piece) => text.toLowerCase().indexOf(piece.toLowerCase())).find((found) => found >= 0)
  return place === undefined ? undefined : text.slice(Math.max(0, place - 120), place + 80)
}
