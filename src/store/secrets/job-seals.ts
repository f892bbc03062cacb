import type { KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import { brotliCompress, brotliCompressSync, brotliDecompress, brotliDecompressSync, constants } from 'node:zlib'
import { parseStored } from '../../stored/stored-data.ts'
import { createSemaphore } from '../../sync/concurrency/semaphore.ts'
import type { SyncRequest } from '../../sync/contract/sync-request.ts'
import {
  BOUNDED_VERSION,
  EVERY_STREAM_VERSION,
  SKIPPING_VERSION,
  SyncRequestSchema,
  TOMBSTONES_VERSION,
} from '../stored-request.ts'
import {
  createDataKey,
  type EncryptionKey,
  type JobSealContext,
  kidOf,
  openBytes,
  openText,
  sealToBytes,
  sealToText,
  unwrapDataKey,
  withoutMark,
  wrapDataKey,
} from './sealing.ts'

const compress = promisify(brotliCompress)
const decompress = promisify(brotliDecompress)
/** Each takes some two megabytes while it waits for one of the four threads of zlib, too. */
const inTurn = createSemaphore(4)

interface Owner {
  tenant: string
  jobId: number
}

/** Seals and opens the data of one job, with that job's data key. */
export interface JobSeals {
  /** The data key in the form stored in Redis. */
  wrappedDataKey: string
  sealRequest(request: SyncRequest): string
  /** @throws SealBrokenError; StoredDataError */
  openRequest(sealed: string): SyncRequest
  /** NDJSON in the form stored in the log: compressed, then sealed, bound to the offset of its last message. */
  sealLines(lines: Buffer, lastOffset: number): Promise<Buffer>
  openLines(blob: Buffer, lastOffset: number): Promise<Buffer>
}

/** Seals for a new job, with a data key of its own. */
export function createJobSeals(keys: readonly EncryptionKey[], owner: Owner): JobSeals {
  const dataKey = createDataKey()
  return jobSeals(dataKey, wrapDataKey(keys, dataKey, { ...owner, purpose: 'data-key' }), owner)
}

/** Seals of an existing job. @throws SealBrokenError */
export function openJobSeals(keys: readonly EncryptionKey[], storedDataKey: string, owner: Owner): JobSeals {
  const wrappedDataKey = withoutMark(storedDataKey)
  return jobSeals(unwrapDataKey(keys, wrappedDataKey, { ...owner, purpose: 'data-key' }), wrappedDataKey, owner)
}

function jobSeals(dataKey: KeyObject, wrappedDataKey: string, owner: Owner): JobSeals {
  const context = (purpose: JobSealContext['purpose']): JobSealContext => ({ ...owner, purpose })
  return {
    wrappedDataKey,
    sealRequest: (request) => {
      const v = versionOf(request)
      const versioned = v === undefined ? request : { v, ...request }
      return sealToText(kidOf(wrappedDataKey), dataKey, Buffer.from(JSON.stringify(versioned)), context('request'))
    },
    openRequest: (sealed) =>
      parseStored(
        SyncRequestSchema,
        openText(dataKey, sealed, context('request')),
        `the request of job ${owner.jobId}`,
        TOMBSTONES_VERSION,
      ),
    sealLines: async (lines, lastOffset) =>
      sealToBytes(dataKey, await compressLines(lines), context(`blob@${lastOffset}`)),
    openLines: (blob, lastOffset) => decompressLines(openBytes(dataKey, blob, context(`blob@${lastOffset}`))),
  }
}

/** The version that a worker must know to carry the request out; undefined when all do. */
function versionOf({ config, until, onMissingPermission, catalog }: SyncRequest): number | undefined {
  if (config.tombstones === 'airbyte') return TOMBSTONES_VERSION
  if (catalog.streams.some(({ only_if_permitted }) => only_if_permitted)) return EVERY_STREAM_VERSION
  if (until !== undefined) return BOUNDED_VERSION
  return onMissingPermission ? SKIPPING_VERSION : undefined
}

/** Every filled chunk is one more trip to the thread of zlib and back. The usual blob is smaller than this. */
const blobChunkBytes = 64 * 1024
/** Blobs of ours are 5 to 14 times as large when opened. */
const usualRatio = 16
const linesChunkBytes = { least: 64 * 1024, most: 1024 * 1024 }
/**
 * Up to these sizes the work, 20 to 50 µs, takes less CPU than the trip to the thread of zlib and back, and is done in
 * place. What would open to more than `openedBytes` might hold the event loop, and goes to the thread after all.
 */
const inPlace = { linesBytes: 8 * 1024, blobBytes: 4 * 1024, openedBytes: 256 * 1024 }

async function decompressLines(blob: Buffer): Promise<Buffer> {
  const lines = blob.length <= inPlace.blobBytes ? decompressInPlace(blob) : undefined
  if (lines !== undefined) return lines
  const { least, most } = linesChunkBytes
  const chunkSize = Math.min(Math.max(usualRatio * blob.length, least), most)
  return inTurn(() => decompress(blob, { chunkSize }))
}

/** Undefined when it would open to too much. */
function decompressInPlace(blob: Buffer): Buffer | undefined {
  try {
    return brotliDecompressSync(blob, { maxOutputLength: inPlace.openedBytes })
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

/** Quality 1 is faster than gzip's and smaller; zlib works in a thread of its own, off the event loop. */
async function compressLines(lines: Buffer): Promise<Buffer> {
  const params = { [constants.BROTLI_PARAM_QUALITY]: 1, [constants.BROTLI_PARAM_SIZE_HINT]: lines.length }
  if (lines.length <= inPlace.linesBytes) return brotliCompressSync(lines, { params })
  return inTurn(() => compress(lines, { chunkSize: blobChunkBytes, params }))
}
