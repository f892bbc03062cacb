import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writingTo } from '../../folder-faults.ts'
import type { Spool } from '../contract/spool.ts'

interface Extent {
  position: number
  length: number
}

const NONCE_BYTES = 12
const TAG_BYTES = 16

/**
 * A spool in a temporary file. Each page is sealed with a key that never leaves this process, so nobody can read what a
 * killed process leaves behind.
 *
 * @throws FolderError when the temporary folder cannot be written to; so does `append`
 */
export async function createFileSpool(): Promise<Spool> {
  const folder = tmpdir()
  const file = await writingTo('TMPDIR', folder, () => openUnlinked(folder))
  let isOpen = true
  const key = randomBytes(32)
  const extents: Extent[] = []
  let end = 0
  let closed: { error?: unknown } | undefined
  let wake: () => void = () => undefined

  function seal(page: Buffer): Buffer {
    const nonce = randomBytes(NONCE_BYTES)
    const cipher = createCipheriv('aes-256-gcm', key, nonce)
    return Buffer.concat([nonce, cipher.update(page), cipher.final(), cipher.getAuthTag()])
  }

  async function read({ position, length }: Extent): Promise<Buffer> {
    const sealed = Buffer.alloc(length)
    await file.read(sealed, 0, length, position)
    const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE_BYTES))
    decipher.setAuthTag(sealed.subarray(-TAG_BYTES))
    return Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()])
  }

  return {
    async append(page) {
      if (!isOpen) throw new Error('the spool is closed')
      const sealed = seal(page)
      await writingTo('TMPDIR', folder, () => writeWhole(file, sealed, end))
      extents.push({ position: end, length: sealed.length })
      end += sealed.length
      wake()
    },
    close(error) {
      closed ??= error === undefined ? {} : { error }
      wake()
    },
    async *pages() {
      for (let index = 0; ; index++) {
        while (index >= extents.length) {
          if (closed && 'error' in closed) throw closed.error
          if (closed) return
          await new Promise<void>((resolve) => {
            wake = resolve
          })
        }
        const extent = extents[index]
        if (extent) yield await read(extent)
      }
    },
    async dispose() {
      if (!isOpen) return
      isOpen = false
      await file.close()
    },
  }
}

/** The file is unlinked at once, so it disappears with its descriptor, however this process ends. */
async function openUnlinked(folder: string): Promise<FileHandle> {
  const directory = await mkdtemp(join(folder, 'intercom-sync-spool-'))
  try {
    return await open(join(directory, 'pages'), 'w+', 0o600)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

/** A disk that is getting full takes the beginning, and gives the error to the next write. */
async function writeWhole(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let written = 0; written < bytes.length; )
    written += (await file.write(bytes, written, bytes.length - written, position + written)).bytesWritten
}
