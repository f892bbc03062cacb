import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * What the images and the unit of systemd tell the C library about memory, for processes whose memory is measured. A test
 * holds the Dockerfile and the unit to the same.
 */
export function allocatorOfImages(): Record<string, string> {
  const dockerfile = readFileSync(above(dirname(fileURLToPath(import.meta.url)), 'Dockerfile'), 'utf8')
  const settings = [...dockerfile.matchAll(/^ENV (MALLOC_\w+)=(\S+)$/gm)]
  return Object.fromEntries(settings.map(([, name = '', value = '']) => [name, value]))
}

/** The file of this name in the folder, or in the next one above that has it: bundles lie deeper than sources. */
function above(folder: string, name: string): string {
  const path = join(folder, name)
  return existsSync(path) || dirname(folder) === folder ? path : above(dirname(folder), name)
}
