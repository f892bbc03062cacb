import { readFile } from 'node:fs/promises'
import { addAbortSignal } from 'node:stream'
import { text } from 'node:stream/consumers'
import { isBesideState } from '../airbyte/state/read-states.ts'
import { UsageError } from '../command-line/usage-error.ts'
import { CodedError, listFaults } from '../errors.ts'
import { placeOfFault } from '../json/json-place.ts'
import { isObject, parseJson } from '../json-object.ts'

const inputNames = ['config', 'catalog', 'state'] as const
type InputName = (typeof inputNames)[number]

/** Paths of the files that a command is given; `-` is stdin. */
export type InputPaths = Partial<Record<InputName, string>>

/** The contents of a command's files, parsed and not yet checked. A state may be one message a line: then it is a list. */
export type Inputs = Partial<Record<InputName, unknown>>

/** What stands for stdin on a command line. */
const stdinPath = '-'

/**
 * @param signal ends the reading of stdin
 * @throws UsageError; CodedError `invalid_request`, `malformed_json`, naming the file; its contents are never quoted
 */
export async function readInputs(paths: InputPaths, signal: AbortSignal): Promise<Inputs> {
  const fromStdin = inputNames.filter((name) => paths[name] === stdinPath).map((name) => `--${name}`)
  if (fromStdin.length > 1) throw new UsageError(`only one of ${fromStdin.join(' and ')} can be -: there is one stdin`)
  const inputs: Inputs = {}
  for (const name of inputNames) {
    const path = paths[name]
    if (path !== undefined) inputs[name] = parse(name, inputNameOf(path), await readText(`--${name}`, path, signal))
  }
  return inputs
}

/**
 * The text of a file, or of stdin.
 *
 * @param what names the argument in an error, e.g. `--config`
 * @throws CodedError `invalid_request`; the signal's reason
 */
export async function readText(what: string, path: string, signal: AbortSignal): Promise<string> {
  try {
    return path === stdinPath ? await text(addAbortSignal(signal, process.stdin)) : await readFile(path, 'utf8')
  } catch (error) {
    signal.throwIfAborted()
    const reason = error instanceof Error && 'code' in error ? error.code : 'unknown reason'
    throw new CodedError('invalid_request', `${what}: the file ${inputNameOf(path)} cannot be read (${reason})`)
  }
}

/** What a path is called in errors. */
export function inputNameOf(path: string): string {
  return path === stdinPath ? 'stdin' : path
}

function parse(input: InputName, file: string, text: string): unknown {
  // Editors on Windows begin a file with a byte order mark.
  const json = text.replace(/^\ufeff/, '')
  const lines = input === 'state' ? json.split('\n').map((line, before) => ({ line, before })) : []
  const filled = lines.filter(({ line }) => line.trim() !== '')
  // A file of the messages that a sync has printed: one a line, and only the states matter.
  if (filled.length > 1 && isObject(parseJson(filled[0]?.line ?? '')))
    return filled.map(({ line, before }) => parseText(file, line, before)).filter((message) => !isBesideState(message))
  return parseText(file, json)
}

/** @param linesBefore lines of the file before the text */
function parseText(file: string, json: string, linesBefore = 0): unknown {
  try {
    return JSON.parse(json)
  } catch {
    throw new CodedError('malformed_json', `${file} is not JSON: look at ${placeOfFault(json, linesBefore)}`)
  }
}

/** The same error with file names in place of the first names in its pointers: `config.json#/start_date must be …`. */
export function nameFiles(error: unknown, paths: InputPaths): unknown {
  if (!(error instanceof CodedError) || error.faults.length === 0) return error
  const places = error.faults.map(({ pointer, detail }) => {
    const [, name = '', ...rest] = pointer.split('/')
    const path = Object.hasOwn(paths, name) ? paths[name as InputName] : undefined
    const place = path === undefined ? pointer : [`${inputNameOf(path)}#`, ...rest].join('/')
    return { pointer: place, detail }
  })
  return new CodedError(error.code, `The input is not valid: ${listFaults(places)}`)
}
