/** Members of a config with such names hold secrets. */
const SECRET_NAME = /token|secret|key|password|credential/i
/** Shorter values would be found by chance in innocent text. */
const LEAST_SECRET_LENGTH = 8
const HIDDEN = '[hidden]'

/** Takes the secrets it knows out of a text. */
export type Redact = (text: string) => string

/**
 * Intercom, or a proxy before it, may echo what it was sent: no text of theirs is stored, logged or told before the
 * secrets of the config have been taken out of it, in whatever writing they come back.
 *
 * @param config values of members whose names tell of a secret, at any depth, from 8 characters on, are its secrets
 */
export function createRedact(config: object): Redact {
  const secrets = secretsIn(config)
  // A writing that holds another is struck out before it.
  const writings = [...new Set(secrets.flatMap(writingsOf))].sort((one, other) => other.length - one.length)
  return (text) => writings.reduce((struck, writing) => struck.replaceAll(writing, HIDDEN), text)
}

function secretsIn(config: object): string[] {
  return Object.entries(config).flatMap(([name, value]: [string, unknown]) => {
    if (typeof value === 'object' && value !== null) return secretsIn(value)
    return typeof value === 'string' && SECRET_NAME.test(name) && value.length >= LEAST_SECRET_LENGTH ? [value] : []
  })
}

/** A secret as it may be written: plain, in JSON, in HTML, in a URL or a form, in base64. */
function writingsOf(secret: string): string[] {
  const inUrl = encodeURIComponent(secret)
  return [
    secret,
    JSON.stringify(secret).slice(1, -1),
    // JSON written twice, as in a message that quotes a body.
    JSON.stringify(JSON.stringify(secret).slice(1, -1)).slice(1, -1),
    ...inHtml(secret),
    inUrl,
    inUrl.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()),
    inUrl.replaceAll('%20', '+'),
    ...[0, 1, 2].flatMap((before) => base64Of(secret, before)),
  ]
}

/** Of the quotation marks some write one as its name, some as its number, some neither. */
function inHtml(secret: string): string[] {
  const text = secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
  return ['"', '&quot;', '&#34;'].flatMap((quote) =>
    ["'", '&#39;', '&#x27;'].map((mark) => text.replaceAll('"', quote).replaceAll("'", mark)),
  )
}

/** What is the same in base64 of any text in which the secret follows so many bytes (modulo three) of something else. */
function base64Of(secret: string, before: number): string[] {
  const padded = Buffer.concat([Buffer.alloc(before), Buffer.from(secret)])
  // Three bytes make four characters: those that hold bits of what stands around the secret are not told by it.
  const first = Math.ceil((before * 8) / 6)
  const whole = Math.floor((padded.length * 8) / 6)
  const text = padded.toString('base64').slice(first, whole)
  const inUrl = text.replaceAll('+', '-').replaceAll('/', '_')
  return text.length >= LEAST_SECRET_LENGTH ? [text, inUrl] : []
}
