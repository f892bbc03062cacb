import type { FastifyInstance } from 'fastify'
import { CodedError } from '../../errors.ts'
import { placeOfFault } from '../../json/json-place.ts'
import { invalidRequest } from './validation.ts'

/** Far above what a catalog needs, far below what overflows the stack of `JSON.stringify` (about 5,000). */
const maxDepth = 64

const [quote, backslash, openBracket, closeBracket, openBrace, closeBrace] = [0x22, 0x5c, 0x5b, 0x5d, 0x7b, 0x7d]

/** JSON is the only media type taken. An empty body is no body: some clients name a type on every call. */
export function addJsonBody(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, async (_request: unknown, body: Buffer) =>
    body.length === 0 ? undefined : parseJson(body),
  )
}

/**
 * Any name is only a name, `__proto__` too: `JSON.parse` makes it a member like others, and nothing here copies members
 * by assignment. Intercom's custom attributes may have such names, and they come back in catalogs and states.
 *
 * @throws CodedError `malformed_json`, which never quotes the body: it may hold a token; `invalid_request` for a body
 * that is nested too deep
 */
function parseJson(body: Buffer): unknown {
  if (isDeeperThan(maxDepth, body)) {
    throw invalidRequest([{ pointer: '', detail: `is nested deeper than ${maxDepth} levels` }])
  }
  return parse(decode(body))
}

/** Counts brackets outside of strings, before anything recursive sees the text. */
function isDeeperThan(limit: number, text: Buffer): boolean {
  let depth = 0
  let inString = false
  for (let at = 0; at < text.length; at++) {
    const byte = text[at]
    if (inString) {
      if (byte === backslash) at++
      else if (byte === quote) inString = false
    } else if (byte === quote) {
      inString = true
    } else if (byte === openBracket || byte === openBrace) {
      if (++depth > limit) return true
    } else if (byte === closeBracket || byte === closeBrace) {
      depth--
    }
  }
  return false
}

function decode(body: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body)
  } catch {
    throw new CodedError('malformed_json', 'The body is not UTF-8')
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new CodedError('malformed_json', `The body is not JSON: look at ${placeOfFault(text)}`)
  }
}
