import { readFile } from 'node:fs/promises'
import { CodedError } from '../errors.ts'
import { placeOfFault } from '../json/json-place.ts'
import type { InputName, InputPaths } from './arguments.ts'

/** The contents of a command's files, parsed and not yet checked. */
export type Inputs = Partial<Record<InputName, unknown>>

/** @throws CodedError `invalid_request`, `malformed_json`, naming the file; its contents are never quoted */
export async function readInputs(paths: InputPaths): Promise<Inputs> {
  const inputs: Inputs = {}
  for (const name of ['config', 'catalog', 'state'] as const) {
    const path = paths[name]
    if (path !== undefined) inputs[name] = parse(path, await readText(name, path))
  }
  return inputs
}

async function readText(name: InputName, path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? error.code : 'unknown reason'
    throw new CodedError('invalid_request', `--${name}: the file ${path} cannot be read (${reason})`)
  }
}

function parse(path: string, text: string): unknown {
  // Editors on Windows begin a file with a byte order mark.
  const json = text.replace(/^\ufeff/, '')
  try {
    return JSON.parse(json)
  } catch {
    throw new CodedError('malformed_json', `${path} is not JSON: look at ${placeOfFault(json)}`)
  }
}

/** The same error with file names in place of the first names in its pointers: `config.json#/start_date must be …`. */
export function nameFiles(error: unknown, paths: InputPaths): unknown {
  if (!(error instanceof CodedError) || error.faults.length === 0) return error
  const places = error.faults.map(({ pointer, detail }) => {
    const [, name = '', ...rest] = pointer.split('/')
    const path = Object.hasOwn(paths, name) ? paths[name as InputName] : undefined
    const place = path === undefined ? pointer : [`${path}#`, ...rest].join('/')
    return `${place} ${detail}`
  })
  return new CodedError(error.code, `The input is not valid: ${places.join('; ')}`)
}
