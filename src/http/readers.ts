import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { CodedError } from '../errors.ts'

/** The responses that carry messages now, and the memory of those that are not read. */
export interface Readers {
  /**
   * Counts a response until it closes.
   *
   * @param caller whose readers are counted together
   * @throws CodedError `too_many_readers`; `overloaded` when the process has as many as it can serve
   */
  add(response: ServerResponse, caller: string): MessageReader
}

/** One response that carries messages. */
export interface MessageReader {
  /** Aborts when the reader has taken nothing for too long, or when its memory is needed. */
  readonly signal: AbortSignal
  /** Whether there is memory to compress what it gets. */
  readonly mayBeCompressed: boolean
  /**
   * Waits until what was written has left the process.
   *
   * @param bytes that are kept meanwhile
   * @param event of the response that says so
   * @param signal aborts no later than the reader's own
   * @throws its reason
   */
  untilTaken(bytes: number, event: 'drain' | 'finish', signal: AbortSignal): Promise<void>
}

/** Streams that are compressed at a time: each takes up to a mebibyte, whether its reader takes anything or not. */
const mostCompressed = 50

export interface ReaderLimits {
  /** Responses that carry messages at present. @defaultValue 1000 */
  readers: number
  /** Those of one API key. @defaultValue 200 */
  readersPerKey: number
  /** What all of them together have written and their readers have not taken. @defaultValue 32 MiB */
  unsentBytes: number
  /** A reader that takes nothing of what is written for so long is cut off. @defaultValue 10 min */
  stalledReaderMs: number
}

/** A reader that waits, and what is kept for it. */
interface Waiting {
  bytes: number
  stop: (reason: string) => void
}

export function limitReaders({ readers, readersPerKey, unsentBytes, stalledReaderMs }: ReaderLimits): Readers {
  const byCaller = new Map<string, number>()
  /** In the order in which they began to wait. */
  const waiting = new Set<Waiting>()
  let open = 0
  let kept = 0

  const begin = (one: Waiting) => {
    waiting.add(one)
    kept += one.bytes
    for (const longest of waiting) {
      if (kept <= unsentBytes) break
      end(longest)
      longest.stop('the memory of a reader that takes nothing is needed')
    }
  }
  const end = (one: Waiting) => {
    if (waiting.delete(one)) kept -= one.bytes
  }

  return {
    add(response, caller) {
      const ofCaller = byCaller.get(caller) ?? 0
      if (ofCaller >= readersPerKey)
        throw new CodedError(
          'too_many_readers',
          `This API key reads ${ofCaller} message streams already; end some first`,
        )
      if (open >= readers) throw new CodedError('overloaded', `This process serves ${open} message streams already`)
      open++
      byCaller.set(caller, ofCaller + 1)
      const stopped = new AbortController()
      const stop = (reason: string) => stopped.abort(new Error(reason))
      response.once('close', () => {
        open--
        const left = (byCaller.get(caller) ?? 1) - 1
        if (left > 0) byCaller.set(caller, left)
        else byCaller.delete(caller)
      })
      // Without a listener, Node would destroy the socket.
      response.on('timeout', () => stop(`the reader has taken nothing for ${stalledReaderMs / 1000} s`))
      return {
        signal: stopped.signal,
        mayBeCompressed: open <= mostCompressed,
        async untilTaken(bytes, event, signal) {
          const one = { bytes, stop }
          begin(one)
          // Whatever the reader takes starts the time again: Node looks at what is left of a write.
          response.socket?.setTimeout(stalledReaderMs)
          try {
            await once(response, event, { signal })
          } catch (error) {
            throw signal.aborted ? signal.reason : error
          } finally {
            end(one)
            // Silence is normal while there are no messages.
            if (event === 'drain') response.socket?.setTimeout(0)
          }
        },
      }
    },
  }
}
