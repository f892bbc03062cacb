import { readdir, readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** One file of the console: its bytes, and what they are. */
interface ConsoleFile {
  type: string
  bytes: Buffer
}

/** The console as it was built: one page, and the files that it takes. */
export interface ConsoleFiles {
  page: string
  /** By name. A name holds the hash of what is in the file. */
  assets: ReadonlyMap<string, ConsoleFile>
}

const types: Record<string, string> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
}

/** Where the build puts it: beside our own compiled files. */
const builtPlace = fileURLToPath(new URL('../../../console/', import.meta.url))

/**
 * Reads the built console into memory: a few files of a few hundred kilobytes.
 *
 * @returns undefined where it was not built, as in the connector's image
 */
export async function readConsole(place = builtPlace): Promise<ConsoleFiles | undefined> {
  const page = await readFile(join(place, 'index.html'), 'utf8').catch(() => undefined)
  if (page === undefined) return undefined
  const folder = join(place, 'assets')
  const assets = new Map<string, ConsoleFile>()
  for (const name of await readdir(folder)) {
    const type = types[extname(name)]
    if (type !== undefined) assets.set(name, { type, bytes: await readFile(join(folder, name)) })
  }
  return { page, assets }
}
