/** Config members with such names hold secrets. */
const SECRET_NAME = /token|secret|key|password|credential/i
/** Shorter values would match harmless text by chance. */
const LEAST_SECRET_LENGTH = 8
const HIDDEN = '[hidden]'

/** Removes known secrets from a text. */
export type Redact = (text: string) => string

/**
 * Intercom, or a proxy in front of it, may echo what we sent. So no text of theirs is stored, logged or shown before
 * the config's secrets have been removed from it, in whatever notation they come back.
 *
 * @param config secrets are the values, from 8 characters on, of members at any depth whose names suggest a secret
 */
export function createRedact(config: object): Redact {
  const secrets = secretsIn(config)
  // If one notation contains another, replace it first.
  const writings = [...new Set(secrets.flatMap(writingsOf))].sort((one, other) => other.length - one.length)
  return (text) => writings.reduce((struck, writing) => struck.replaceAll(writing, HIDDEN), text)
}

function secretsIn(config: object): string[] {
  return Object.entries(config).flatMap(([name, value]: [string, unknown]) => {
    if (typeof value === 'object' && value !== null) return secretsIn(value)
    return typeof value === 'string' && SECRET_NAME.test(name) && value.length >= LEAST_SECRET_LENGTH ? [value] : []
  })
}

/** The notations of a secret: plain, in JSON, in HTML, in a URL or a form, in base64. */
function writingsOf(secret: string): string[] {
  const inUrl = encodeURIComponent(secret)
  return [
    secret,
    JSON.stringify(secret).slice(1, -1),
    // JSON encoded twice, as in a message that quotes a body.
    JSON.stringify(JSON.stringify(secret).slice(1, -1)).slice(1, -1),
    ...inHtml(secret),
    inUrl,
    inUrl.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()),
    inUrl.replaceAll('%20', '+'),
    ...[0, 1, 2].flatMap((before) => base64Of(secret, before)),
  ]
}

/** Some encoders write a quotation mark as a named entity, some as a numeric one, some unchanged. */
function inHtml(secret: string): string[] {
  const text = secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
  return ['"', '&quot;', '&#34;'].flatMap((quote) =>
    ["'", '&#39;', '&#x27;'].map((mark) => text.replaceAll('"', quote).replaceAll("'", mark)),
  )
}

/** The part of the base64 text that is always the same when this many bytes (modulo three) precede the secret. */
function base64Of(secret: string, before: number): string[] {
  const padded = Buffer.concat([Buffer.alloc(before), Buffer.from(secret)])
  // Three bytes make four characters. Characters that also hold bits of the text around the secret are left out.
  const first = Math.ceil((before * 8) / 6)
  const whole = Math.floor((padded.length * 8) / 6)
  const text = padded.toString('base64').slice(first, whole)
  const inUrl = text.replaceAll('+', '-').replaceAll('/', '_')
  return text.length >= LEAST_SECRET_LENGTH ? [text, inUrl] : []
}
