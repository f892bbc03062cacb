import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { defaultToken } from '../../simulator/options.ts'

/** The token of nearly all tests, plain and in base64, which three alignments write differently. */
const writings = [
  defaultToken,
  ...[0, 1, 2].map((before) => {
    const text = Buffer.from('x'.repeat(before) + defaultToken).toString('base64')
    return text.slice(4, -4)
  }),
].map((text) => Buffer.from(text))

/** @throws Error when something that a test has made holds the token of the tests */
export function refuseToken(where: string, what: string | Uint8Array): void {
  const bytes =
    typeof what === 'string' ? Buffer.from(what) : Buffer.from(what.buffer, what.byteOffset, what.byteLength)
  for (const writing of writings) {
    const place = bytes.indexOf(writing)
    if (place < 0) continue
    const around = bytes.subarray(Math.max(0, place - 80), place + 80).toString('latin1')
    throw new Error(`the token is in ${where}: …${around}…`)
  }
}

/** The same for each file of a folder, which may be gone: what Redis has saved, and segments. */
export async function refuseTokenBelow(directory: string): Promise<void> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => [])
  for (const entry of entries) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath ?? entry.path, entry.name)
    // A process that still runs may remove a file meanwhile.
    const contents = await readFile(path).catch(() => undefined)
    if (contents) refuseToken(path, contents)
  }
}
