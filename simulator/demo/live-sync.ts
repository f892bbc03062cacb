import { type FileHandle, open } from 'node:fs/promises'
import { defaultToken } from '../options.ts'
import { readLines } from '../oracle/lines.ts'
import { usualNames } from '../records/streams.ts'
import type { Progress } from './progress.ts'

export interface LiveSyncOptions {
  /** Address of the service. */
  service: string
  /** Where the messages are written. */
  file: string
  /** States of the sync before; empty for a first sync. */
  state: readonly unknown[]
  progress: Progress
  signal: AbortSignal
}

/** A sync that has run to its end. */
export interface LiveSync {
  /** Its path, `/v1/jobs/…`. */
  job: string
  bytes: number
}

/**
 * Posts a job for every stream, and writes its messages to a file as they come. @throws Error when the service refuses
 * the job, or dies
 */
export async function syncLive({ service, file, state, progress, signal }: LiveSyncOptions): Promise<LiveSync> {
  const response = await fetch(`${service}/v1/jobs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/x-ndjson' },
    body: JSON.stringify({ config: { access_token: defaultToken }, streams: usualNames, state }),
    signal,
  })
  if (!response.ok || response.body === null) {
    throw new Error(`the service answered ${response.status}: ${await response.text()}`)
  }
  const target = await open(file, 'w')
  let bytes = 0
  try {
    const written = writeThrough(response.body, target, (length) => {
      bytes += length
    })
    for await (const batch of readLines(written)) for (const line of batch) progress.take(line.bytes)
  } catch (error) {
    signal.throwIfAborted()
    throw new Error(`the messages broke off after ${bytes} bytes: ${error instanceof Error ? error.message : error}`)
  } finally {
    await target.close()
  }
  return { job: response.headers.get('location') ?? '', bytes }
}

/** Passes pieces on as they come, but each only once it is in the file. So everything counted is in the file. */
async function* writeThrough(
  pieces: AsyncIterable<Uint8Array>,
  target: FileHandle,
  onWritten: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) {
    await target.write(piece)
    onWritten(piece.length)
    yield piece
  }
}
