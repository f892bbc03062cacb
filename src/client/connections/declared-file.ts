import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import {
  type ConnectionsFile,
  readConnectionsFile,
  readWithReferences,
} from '../../connections-file/connections-file.ts'
import type { ReferenceSources } from '../../connections-file/references.ts'
import { inputNameOf, readText } from '../../connector/input-files.ts'
import type { CommandSettings } from '../service/settings.ts'

/** Reads the file of connections that a command names, with what it refers to. */
export async function readDeclaredFile(
  path: string,
  settings: CommandSettings,
  signal: AbortSignal,
): Promise<ConnectionsFile> {
  return readConnectionsFile(inputNameOf(path), await readText('FILE', path, signal), sourcesBeside(path, settings))
}

/** Reads any YAML or JSON file, with what it refers to. */
export async function readReferringFile(
  path: string,
  settings: CommandSettings,
  signal: AbortSignal,
): Promise<{ name: string; value: unknown }> {
  const name = inputNameOf(path)
  const text = await readText('FILE', path, signal)
  return { name, value: await readWithReferences(name, text, sourcesBeside(path, settings)) }
}

/** Files are named as seen from the one that names them. */
function sourcesBeside(path: string, { variable }: CommandSettings): ReferenceSources {
  const folder = path === inputNameOf(path) ? dirname(path) : '.'
  return { variable, file: (other) => readFile(resolve(folder, other), 'utf8') }
}
