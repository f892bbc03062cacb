import { type Document, isNode, LineCounter, parseDocument } from 'yaml'
import { CodedError, type Fault } from '../errors.ts'
import { isObject } from '../json-object.ts'
import { type ReferenceSources, resolveReferences } from './references.ts'

/** A connection as a file declares it. */
export interface DeclaredConnection {
  connectionId: string
  /** What `PUT /v1/connections/{connectionId}` takes. */
  body: object
}

/** A file that declares connections. */
export interface ConnectionsFile {
  /** Whose they are, for a service with several tenants. */
  tenant?: string
  connections: DeclaredConnection[]
  /** An error that names file, line and member. @param faults their pointers lead into the file */
  fault(faults: readonly Fault[]): CodedError
  /** The same for faults of one connection's body. */
  faultOf(connectionId: string, faults: readonly Fault[]): CodedError
}

/**
 * Reads `connections: {<id>: {config, streams, …}}`, with its references resolved.
 *
 * @param name what errors call the file
 * @throws CodedError `invalid_request` with every fault; the file's contents are never quoted
 */
export async function readConnectionsFile(
  name: string,
  text: string,
  sources: ReferenceSources,
): Promise<ConnectionsFile> {
  const faults: Fault[] = []
  const { value: parsed, lineOf } = parse(name, text)
  const fault = (found: readonly Fault[]) => faultIn(name, lineOf, found)
  const value = await resolveReferences(parsed, '', sources, faults)
  const { connections: declared, tenant, ...others } = isObject(value) ? value : {}
  for (const member of Object.keys(others))
    faults.push({ pointer: `/${member}`, detail: 'is not known here; connections stand below /connections' })
  if (tenant !== undefined && typeof tenant !== 'string')
    faults.push({ pointer: '/tenant', detail: 'must be the name of a tenant' })
  if (!isObject(declared) || Object.keys(declared).length === 0)
    throw fault([{ pointer: '/connections', detail: 'must hold at least one connection, by its id' }])
  for (const [id, body] of Object.entries(declared)) {
    if (!isObject(body)) faults.push({ pointer: `/connections/${id}`, detail: 'must be an object with a config' })
  }
  if (faults.length > 0) throw fault(faults)
  return {
    ...(typeof tenant === 'string' && { tenant }),
    connections: Object.entries(declared).flatMap(([connectionId, body]) =>
      isObject(body) ? [{ connectionId, body }] : [],
    ),
    fault,
    faultOf: (connectionId, found) => fault(found.map((one) => ({ ...one, pointer: placeOf(connectionId, one) }))),
  }
}

/** The value of a YAML or JSON file, with its references resolved. @throws CodedError `invalid_request`, as above */
export async function readWithReferences(name: string, text: string, sources: ReferenceSources): Promise<unknown> {
  const faults: Fault[] = []
  const { value, lineOf } = parse(name, text)
  const resolved = await resolveReferences(value, '', sources, faults)
  if (faults.length > 0) throw faultIn(name, lineOf, faults)
  return resolved
}

/** A fault of the id itself names a parameter, which is no pointer. */
function placeOf(connectionId: string, { pointer }: Fault): string {
  return `/connections/${connectionId}${pointer.startsWith('/') ? pointer : ''}`
}

type LineOf = (pointer: string) => number | undefined

/** An error whose places are in a file. */
function faultIn(name: string, lineOf: LineOf, faults: readonly Fault[]): CodedError {
  const places = faults.map(({ pointer, detail }) => {
    const line = lineOf(pointer)
    return `${name}${line === undefined ? '' : `:${line}`}#${pointer} ${detail}`
  })
  return new CodedError('invalid_request', places.join('; '))
}

/** The library's own messages quote the text around a fault, which may be a token. */
function parse(name: string, text: string): { value: unknown; lineOf: LineOf } {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  // A tag that is not known, as of other tools for secrets, would leave the text itself in place of the secret.
  const [problem] = [...document.errors, ...document.warnings]
  if (problem !== undefined) {
    const { line, col } = lines.linePos(problem.pos[0])
    const what = problem.name === 'YAMLWarning' ? 'has a tag that is not known' : 'is not YAML'
    throw new CodedError('invalid_request', `${name} ${what}: look at line ${line}, column ${col}`)
  }
  try {
    const value: unknown = document.toJS()
    // Throws for an alias inside of what it stands for.
    JSON.stringify(value)
    return { value, lineOf: (pointer) => lineIn(document, lines, pointer) }
  } catch {
    throw new CodedError('invalid_request', `${name} has an alias that leads nowhere, to itself, or to too much`)
  }
}

/** The line of a member, or of the innermost one around it that the file has; undefined for the whole file. */
function lineIn(document: Document.Parsed, lines: LineCounter, pointer: string): number | undefined {
  const path = pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
  for (let length = path.length; length > 0; length--) {
    const node = document.getIn(path.slice(0, length), true)
    const start = isNode(node) ? node.range?.[0] : undefined
    if (start !== undefined) return lines.linePos(start).line
  }
  return undefined
}
