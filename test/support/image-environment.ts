import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * What the images and the unit of systemd tell the C library about memory, for processes whose memory is measured. A test
 * holds the Dockerfile and the unit to the same.
 */
export function allocatorOfImages(): Record<string, string> {
  const dockerfile = readFileSync(join(process.cwd(), 'Dockerfile'), 'utf8')
  const settings = [...dockerfile.matchAll(/^ENV (MALLOC_\w+)=(\S+)$/gm)]
  return Object.fromEntries(settings.map(([, name = '', value = '']) => [name, value]))
}
