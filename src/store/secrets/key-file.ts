import { randomBytes } from 'node:crypto'
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import Type from 'typebox'
import { parseStored } from '../../stored/stored-data.ts'
import { type EncryptionKey, encryptionKey } from './sealing.ts'

/** The file exists but holds no keys. The message quotes nothing from it. */
export class KeyFileError extends Error {
  override name = 'KeyFileError'
}

const fileName = 'keys.json'

const KeyFile = Type.Object({ keys: Type.Array(Type.Object({ id: Type.String(), key: Type.String() })) })

/**
 * The encryption keys of a service that was given none: read from `DATA_DIR/keys.json`, made there the first time,
 * readable only by its owner. If the file is lost, so is the sealed data in Redis.
 */
export async function readOrCreateKeyFile(dataDir: string): Promise<EncryptionKey[]> {
  const path = keyFileOf(dataDir)
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  await createKeyFile(path)
  return parseKeyFile(path, await readFile(path, 'utf8'))
}

/** The same for a process that joins another one: the file must exist. @returns undefined when it does not */
export async function readKeyFile(dataDir: string): Promise<EncryptionKey[] | undefined> {
  const path = keyFileOf(dataDir)
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  return text === undefined ? undefined : parseKeyFile(path, text)
}

/** The path of the file. */
export const keyFileOf = (dataDir: string): string => join(dataDir, fileName)

/**
 * Writes the file under another name and links it, so nobody reads half a file. If two processes start at once, only one
 * makes the keys.
 */
async function createKeyFile(path: string): Promise<void> {
  const aside = `${path}.${randomBytes(6).toString('hex')}`
  const content = { keys: [{ id: 'k1', key: randomBytes(32).toString('base64') }] }
  await writeFile(aside, `${JSON.stringify(content)}\n`, { mode: 0o600, flag: 'wx', flush: true })
  try {
    await link(aside, path)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  } finally {
    await rm(aside, { force: true })
  }
}

function parseKeyFile(path: string, text: string): EncryptionKey[] {
  try {
    const { keys } = parseStored(KeyFile, text, fileName)
    const parsed = keys.map(({ id, key }) => encryptionKey(id, Buffer.from(key, 'base64')))
    if (parsed.length > 0) return parsed
  } catch {
    // The reason could quote the file, and the file is a secret.
  }
  throw new KeyFileError(
    `${path} is damaged: it must be {"keys": [{"id", "key": base64 of 32 bytes}]}. Restore it from a copy.`,
  )
}
