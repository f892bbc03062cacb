import type { Redact } from '../../redaction.ts'

/** An answer to a request, from Intercom or from anybody in between. */
export interface HttpAnswer {
  status: number
  body: Buffer
  /** A header's value; undefined when the header is missing, or present several times. */
  header(name: string): string | undefined
  /** The proxy that the request went through, as `host:port`, where there is one. */
  proxy: string | undefined
}

const MOST_WORDS = 80
/** We look at this many characters of a page. */
const BEGINNING = 4096

/**
 * Who may have given an answer that is not Intercom's, and what it said, for people to read.
 *
 * @param redact removes secrets that the answer may echo, before any shortening, which could cut a secret in half
 * @returns e.g. `HTTP 403 from cloudflare: "Attention Required! Sorry, you have been blocked"`
 */
export function describeAnswerer({ status, body, header, proxy }: HttpAnswer, redact: Redact): string {
  const told = (name: string) => redact(header(name) ?? '').slice(0, MOST_WORDS)
  const names = [
    told('server'),
    told('via') && `via ${told('via')}`,
    proxy && `through the proxy ${proxy}`,
    header('location') && `redirecting to ${hostOf(redact(header('location') ?? ''))}`,
  ].filter((name) => name !== undefined && name !== '')
  const who = names.length > 0 ? ` from ${names.join(', ')}` : ''
  const words = firstWords(body, redact)
  return `HTTP ${status}${who}${words === '' ? ', without a word' : `: "${words}"`}`
}

/** The first words of a page that people would see. */
function firstWords(body: Buffer, redact: Redact): string {
  const words = redact(body.toString('utf8', 0, 2 * BEGINNING))
    .slice(0, BEGINNING)
    .replace(/<(script|style)\b[\s\S]*?(<\/\1>|$)/gi, ' ')
    .replace(/<[^>]*(>|$)/g, ' ')
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim()
  return words.length > MOST_WORDS ? `${words.slice(0, MOST_WORDS)}…` : words
}

/** Where a redirect leads, without the path, because the path may contain the request's data. */
function hostOf(location: string): string {
  return URL.canParse(location) ? new URL(location).host : 'another path'
}
