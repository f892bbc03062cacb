import type { FastifyInstance, FastifyRequest } from 'fastify'
import { CodedError } from '../../errors.ts'
import { placeOfFault } from '../../json/json-place.ts'
import { appendPointer } from '../../json/json-pointer.ts'
import { type BodyShape, bodyShapeOf } from './body-shape.ts'
import { invalidRequest } from './validation.ts'

/** Far above what a catalog needs, far below what overflows the stack of `JSON.stringify` (about 5,000). */
const maxDepth = 64

/**
 * The most values in a body, and of them the most that have a name: names take 50 to 100 ms to read, and other values a
 * tenth of it. A state of Airbyte's own connector has some five values, four of them with names, for each of ten thousand
 * partitions. Ours has up to a thousand ids for each slice that is being read, and two thousand hashes for each stream.
 */
const mostValues = 120_000
const mostNames = 60_000

/** More members than any request has. */
const mostMembers = 100

const kibibyte = 1024

/**
 * The most bytes of each member of a body. A config has some twenty short members. A catalog of all streams has 100 KiB,
 * and a state has some MiB after a sync of Airbyte's own connector with ten thousand partitions: as much as a body may
 * have.
 */
const memberBytes: Readonly<Record<string, number>> = {
  config: 64 * kibibyte,
  streams: 64 * kibibyte,
  catalog: 2048 * kibibyte,
  state: Number.POSITIVE_INFINITY,
}
const otherMemberBytes = 64 * kibibyte

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The body is a state: its members may be streams. */
    takesState?: true
  }
}

/** JSON is the only media type taken. An empty body is no body: some clients name a type on every call. */
export function addJsonBody(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, async (request: FastifyRequest, body: Buffer) =>
    body.length === 0 ? undefined : parseJson(body, request.routeOptions.config.takesState === true),
  )
}

/** The media type of a JSON merge patch (RFC 7396). */
export const mergePatchType = 'application/merge-patch+json'

/** Takes a JSON merge patch under its own media type as well. */
export function addMergePatchBody(app: Pick<FastifyInstance, 'addContentTypeParser'>): void {
  app.addContentTypeParser(mergePatchType, { parseAs: 'buffer' }, async (_request: FastifyRequest, body: Buffer) =>
    body.length === 0 ? undefined : parseJson(body, false),
  )
}

/**
 * Any name is only a name, `__proto__` too: `JSON.parse` makes it a member like others, and nothing here copies members
 * by assignment. Intercom's custom attributes may have such names, and they come back in catalogs and states.
 *
 * @throws CodedError `malformed_json`, which never quotes the body: it may hold a token; `invalid_request` for a body
 * that is nested too deep, or has a part that is larger than what can be meant
 */
function parseJson(body: Buffer, isState: boolean): unknown {
  const { isTooDeep, members, values, names } = bodyShapeOf(body, maxDepth, mostMembers + 1)
  if (isTooDeep) throw invalidRequest([{ pointer: '', detail: `is nested deeper than ${maxDepth} levels` }])
  if (!isState) refuseLargeMembers(members)
  if (values > mostValues || names > mostNames) {
    const detail = `holds ${values} values and ${names} members of objects, and may hold ${mostValues} and ${mostNames}`
    throw invalidRequest([{ pointer: '', detail }])
  }
  return parse(decode(body))
}

function refuseLargeMembers(members: BodyShape['members']): void {
  if (members.length > mostMembers) {
    throw invalidRequest([
      { pointer: '', detail: `has more than ${mostMembers} members; remove those that no call has` },
    ])
  }
  const faults = members.flatMap(({ name, bytes }) => {
    const most = (Object.hasOwn(memberBytes, name) ? memberBytes[name] : undefined) ?? otherMemberBytes
    const detail = `has ${bytes} bytes, and may have ${most}`
    return bytes > most ? [{ pointer: appendPointer('', name), detail }] : []
  })
  if (faults.length > 0) throw invalidRequest(faults)
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
