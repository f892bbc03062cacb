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
  const { connections: declared, ...others } = isObject(value) ? value : {}
  for (const member of Object.keys(others))
    faults.push({ pointer: `/${member}`, detail: 'is not known here; connections stand below /connections' })
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
    return value
  } catch {
    throw new CodedError('invalid_request', `${name} has an alias that leads nowhere, to itself, or to too much`)
  }
}
