/** An answer to a request, whoever gave it. */
export interface HttpAnswer {
  status: number
  body: Buffer
  /** A header's value; undefined when it is not there, or there several times. */
  header(name: string): string | undefined
  /** The proxy that the request went through, as `host:port`, where there is one. */
  proxy: string | undefined
}

const MOST_WORDS = 80

/**
 * Who may have given an answer that is not Intercom's, and what it said, for people.
 *
 * @returns e.g. `HTTP 403 from cloudflare: "Attention Required! Sorry, you have been blocked"`
 */
export function describeAnswerer({ status, body, header, proxy }: HttpAnswer): string {
  const names = [
    header('server'),
    header('via') && `via ${header('via')}`,
    proxy && `through the proxy ${proxy}`,
    header('location') && `redirecting to ${hostOf(header('location') ?? '')}`,
  ].filter((name) => name !== undefined && name !== '')
  const who = names.length > 0 ? ` from ${names.join(', ')}` : ''
  const words = firstWords(body)
  return `HTTP ${status}${who}${words === '' ? ', without a word' : `: "${words}"`}`
}

/** The first words of a page that people would see. */
function firstWords(body: Buffer): string {
  const words = body
    .toString('utf8', 0, 4096)
    .replace(/<(script|style)\b[\s\S]*?(<\/\1>|$)/gi, ' ')
    .replace(/<[^>]*(>|$)/g, ' ')
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim()
  return words.length > MOST_WORDS ? `${words.slice(0, MOST_WORDS)}…` : words
}

/** Where a redirect leads, without the path: it may hold what was asked. */
function hostOf(location: string): string {
  return URL.canParse(location) ? new URL(location).host : 'another path'
}
