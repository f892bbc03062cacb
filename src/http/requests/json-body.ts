import type { FastifyInstance } from 'fastify'
import { CodedError } from '../../errors.ts'
import { placeOfFault } from '../../json/json-place.ts'
import { appendPointer, invalidRequest } from './validation.ts'

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
 * @throws CodedError `malformed_json`, which never quotes the body: it may hold a token; `invalid_request` for a body
 * that is nested too deep or tries to reach a prototype
 */
function parseJson(body: Buffer): unknown {
  if (isDeeperThan(maxDepth, body)) {
    throw invalidRequest([{ pointer: '', detail: `is nested deeper than ${maxDepth} levels` }])
  }
  const text = decode(body)
  const value = parse(text)
  // A name may be written with escapes, so those are a reason to look too.
  if (/__proto__|constructor|\\u00/i.test(text)) refusePrototypes(value, '')
  return value
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

function refusePrototypes(value: unknown, pointer: string): void {
  if (typeof value !== 'object' || value === null) return
  for (const [name, member] of Object.entries(value)) {
    const isPrototype = name === '__proto__' || (name === 'prototype' && pointer.endsWith('/constructor'))
    const at = appendPointer(pointer, name)
    if (isPrototype) throw invalidRequest([{ pointer: at, detail: 'is not allowed as a name; remove it' }])
    refusePrototypes(member, at)
  }
}
