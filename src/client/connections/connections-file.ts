import { LineCounter, parseDocument } from 'yaml'
import { CodedError, type Fault } from '../../errors.ts'
import { isObject } from '../../json-object.ts'
import { type ReferenceSources, resolveReferences } from './references.ts'

/** A connection as a file declares it. */
export interface DeclaredConnection {
  connectionId: string
  /** What `PUT /v1/connections/{connectionId}` takes. */
  body: object
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
): Promise<DeclaredConnection[]> {
  const faults: Fault[] = []
  const value = await resolveReferences(parse(name, text), '', sources, faults)
  const declared = isObject(value) ? value.connections : undefined
  if (!isObject(declared) || Object.keys(declared).length === 0)
    throw fault(name, [{ pointer: '/connections', detail: 'must hold at least one connection, by its id' }])
  for (const [id, body] of Object.entries(declared)) {
    if (!isObject(body)) faults.push({ pointer: `/connections/${id}`, detail: 'must be an object with a config' })
  }
  if (faults.length > 0) throw fault(name, faults)
  return Object.entries(declared).flatMap(([connectionId, body]) => (isObject(body) ? [{ connectionId, body }] : []))
}

/** An error whose places are in a file. */
export function fault(name: string, faults: readonly Fault[]): CodedError {
  const places = faults.map(({ pointer, detail }) => `${name}#${pointer} ${detail}`)
  return new CodedError('invalid_request', places.join('; '))
}

/** The library's own messages quote the text around a fault, which may be a token. */
function parse(name: string, text: string): unknown {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const [error] = document.errors
  if (error === undefined) return document.toJS()
  const { line, col } = lines.linePos(error.pos[0])
  throw new CodedError('invalid_request', `${name} is not YAML: look at line ${line}, column ${col}`)
}
