import type { IncomingMessage, ServerResponse } from 'node:http'
import zlib from 'node:zlib'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import type { FastifyInstance } from 'fastify'
import { findPath } from './openapi-paths.ts'
import { refuseToken } from './token-leaks.ts'

interface Operation {
  operationId: string
  responses: Record<string, { description: string; content?: Record<string, { schema: object }> }>
}

interface Document {
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, object> }
}

const problemType = 'application/problem+json'

/**
 * Checks every response of an API against its own OpenAPI document: status, media type and, if it is JSON, the body. If
 * a response differs from the document, an error is thrown as soon as it is sent, so the running test fails.
 */
export function watchResponses(app: FastifyInstance): void {
  let document: Document | undefined
  app.server.prependListener('request', (request, response) => {
    const sent = collectResponse(response, showsExamples(request))
    response.once('finish', () => {
      document ??= app.swagger() as unknown as Document
      const fault = findFault(document, request, {
        status: response.statusCode,
        type: sent.type,
        body: decompress(sent),
      })
      if (fault) throw new Error(`${request.method} ${request.url}: ${fault}`)
    })
  })
}

interface Sent {
  type: string
  /** `Content-Encoding`. */
  encoding: string
  body: Buffer[]
}

/** The description of the API has the token of the tests in its examples. */
const showsExamples = ({ url = '' }: IncomingMessage): boolean => /\/(docs|openapi\.json)\b/.test(url)

/** Collects a response. For message streams, which may be long, it leaves out the body. */
function collectResponse(response: ServerResponse, mayHoldToken: boolean): Sent {
  const sent: Sent = { type: '', encoding: '', body: [] }
  const { writeHead } = response
  Object.assign(response, {
    writeHead(...given: unknown[]): unknown {
      const headers = given.at(-1)
      const named = typeof headers === 'object' && headers !== null ? Object.entries(headers) : []
      const header = (wanted: string): unknown =>
        named.find(([name]) => name.toLowerCase() === wanted)?.[1] ?? response.getHeader(wanted)
      sent.type = mediaType(header('content-type'))
      sent.encoding = String(header('content-encoding') ?? '')
      return Reflect.apply(writeHead, response, given)
    },
  })
  for (const name of ['write', 'end'] as const) {
    const send = response[name]
    Object.assign(response, {
      [name](...given: unknown[]): unknown {
        const [chunk] = given
        const isBody = typeof chunk === 'string' || chunk instanceof Uint8Array
        if (isBody && !mayHoldToken) refuseToken('a response', chunk)
        if (isBody && isJson(sent.type)) sent.body.push(Buffer.from(chunk))
        return Reflect.apply(send, response, given)
      },
    })
  }
  return sent
}

/** The body as the API means it. */
function decompress({ encoding, body }: Sent): Buffer {
  const sent = Buffer.concat(body)
  if (sent.length === 0 || encoding === '') return sent
  return decoders[encoding]?.(sent) ?? sent
}

/** Node has zstd from 22.15 on. */
const { zstdDecompressSync } = zlib as { zstdDecompressSync?: (body: Buffer) => Buffer }
const decoders: Record<string, (body: Buffer) => Buffer> = {
  gzip: zlib.gunzipSync,
  br: zlib.brotliDecompressSync,
  ...(zstdDecompressSync && { zstd: zstdDecompressSync }),
}

function findFault(
  document: Document,
  request: IncomingMessage,
  { status, type, body }: { status: number; type: string; body: Buffer },
): string | undefined {
  // A target may be a whole address.
  const [path = '/'] = (request.url ?? '/').replace(/^\w+:\/\/[^/?]*/, '').split('?')
  if (path === '/docs' || path.startsWith('/docs/') || request.method === 'HEAD') return undefined
  // A browser asks before it asks, on every path; OpenAPI does not describe it.
  if (request.method === 'OPTIONS' && request.headers['access-control-request-method']) return undefined
  // The console is for people: a page at each of its places, and its files.
  if (!path.startsWith('/v1/') && (type === 'text/html' || path.startsWith('/assets/'))) return undefined
  const operation = findPath(document.paths, path)?.item[request.method?.toLowerCase() ?? '']
  if (!operation && type !== problemType) return `there is no such operation, yet it answers ${status} ${type}`
  const documented = operation?.responses[status]
  if (documented && !documented.content && type === '') return undefined
  const schema = operation
    ? operation.responses[status]?.content?.[type]?.schema
    : { $ref: '#/components/schemas/Problem' }
  if (!schema) return `${operation?.operationId} does not document ${status} ${type || 'without a type'}`
  if (!isJson(type)) return undefined
  const validate = validatorOf(document, schema)
  const text = body.toString()
  if (!showsExamples(request)) refuseToken('a response', text)
  const value = JSON.parse(text) as { code?: string }
  if (operation && type === problemType && !operation.responses[status]?.description.includes(`\`${value.code}\``)) {
    return `${operation.operationId} does not document ${value.code}`
  }
  if (validate(value)) return undefined
  return `${status} is not as documented: ${JSON.stringify(validate.errors)} in ${text}`
}

/** What the references of a document point to. All apps of a process have equal ones, hence also by text. */
const byText = new Map<string, Components>()
const byObject = new WeakMap<object, Components>()

interface Components {
  ajv: Ajv2020
  /** By the text of the schema. */
  validators: Map<string, ValidateFunction>
}

function validatorOf(document: Document, schema: object): ValidateFunction {
  const { components } = document
  const { ajv, validators } = byObject.get(components) ?? openComponents(components)
  const text = JSON.stringify(schema)
  let validate = validators.get(text)
  if (!validate) {
    validate = ajv.compile(withReferences(text))
    validators.set(text, validate)
  }
  return validate
}

function openComponents(components: object): Components {
  const text = JSON.stringify(components)
  let opened = byText.get(text)
  if (!opened) {
    const formats = { 'date-time': (text: string) => !Number.isNaN(Date.parse(text)) }
    // That the schemas are schemas is a test of its own: to compile the schema of schemas takes longer than most tests.
    const ajv = new Ajv2020({ strict: false, formats, meta: false, validateSchema: false })
    ajv.addSchema({ ...withReferences(`{"components":${text}}`), $id: 'openapi' })
    opened = { ajv, validators: new Map() }
    byText.set(text, opened)
  }
  byObject.set(components, opened)
  return opened
}

/** Reads a schema whose references lead into the components of the document, wherever it stands. */
function withReferences(text: string): object {
  return JSON.parse(text.replaceAll('"$ref":"#/', '"$ref":"openapi#/')) as object
}

const isJson = (type: string): boolean => /[/+]json$/.test(type)

const mediaType = (header: unknown): string => String(header ?? '').replace(/\s*;.*$/, '')
