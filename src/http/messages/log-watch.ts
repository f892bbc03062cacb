import type { Clock } from '../../clock.ts'
import { CodedError } from '../../errors.ts'
import type { MessageLogReader } from '../../store/log/message-log.ts'

/** Notices what happens to a log, also between two waits. */
interface LogWatch {
  /**
   * Resolves as soon as the log has changed since the last call, or after `ms`.
   *
   * @throws CodedError `store_unavailable` when the connection to Redis is lost; the signal's reason
   */
  wait(ms: number): Promise<'changed' | 'silent'>
  stop(): void
}

/** Why a wait ends. Without a reason of our own, each commit would make an error with its stack. */
const woken = new Error('woken')

/** Subscribes at once; `signal` ends a wait. */
export function watchLog(messages: MessageLogReader, jobId: number, clock: Clock, signal: AbortSignal): LogWatch {
  let seen: 'changed' | 'lost' | undefined
  let waiting: AbortController | undefined
  const wake = () => waiting?.abort(woken)
  const unsubscribe = messages.subscribe(jobId, (event) => {
    if (seen !== 'lost') seen = event
    wake()
  })
  signal.addEventListener('abort', wake)

  return {
    async wait(ms) {
      if (!seen && !signal.aborted) {
        waiting = new AbortController()
        await clock.sleep(ms, waiting.signal).catch(() => undefined)
      }
      signal.throwIfAborted()
      if (seen === 'lost') throw new CodedError('store_unavailable')
      const result = seen ?? 'silent'
      seen = undefined
      return result
    },
    stop() {
      signal.removeEventListener('abort', wake)
      unsubscribe()
    },
  }
}
