import { accessSync, constants, existsSync, readdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/**
 * Second argument of a test that runs commands from a document: it needs the same programs as the commands. If all of
 * them are on the PATH, the test is not left out.
 */
export function withTools(...names: string[]) {
  const missing = names.filter((name) => !isOnPath(name))
  return { skip: missing.length === 0 ? false : `it needs ${missing.join(' and ')}` } as const
}

function isOnPath(name: string): boolean {
  return [...(process.env.PATH ?? '').split(delimiter), ...postgresFolders()].some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

/** Debian keeps the programs of a Postgres server off the PATH, one folder for each version. */
function postgresFolders(): string[] {
  const versions = '/usr/lib/postgresql'
  return existsSync(versions) ? readdirSync(versions).map((version) => join(versions, version, 'bin')) : []
}
