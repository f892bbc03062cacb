import type { ServerResponse } from 'node:http'
import type { FastifyInstance } from 'fastify'
import { CodedError } from '../errors.ts'

/** The message streams that are open now: a shutdown cuts them and waits until their leases are settled. */
export interface OpenStreams {
  /** A signal for one response: aborts when its client leaves, or with `shutting_down`. */
  signalFor(response: ServerResponse): AbortSignal
  /** Holds the closing of the app until `work` is done. */
  waitFor(work: Promise<void>): void
}

export function trackOpenStreams(app: FastifyInstance, closing: AbortSignal): OpenStreams {
  const open = new Set<AbortController>()
  const unfinished = new Set<Promise<void>>()
  closing.addEventListener('abort', () => {
    for (const stream of open) stream.abort(new CodedError('shutting_down'))
  })
  app.addHook('onClose', async () => {
    await Promise.allSettled(unfinished)
  })

  return {
    signalFor(response) {
      const stream = new AbortController()
      open.add(stream)
      const leave = () => {
        open.delete(stream)
        stream.abort(new Error('The client has left'))
      }
      response.once('close', leave)
      if (response.closed) leave()
      if (closing.aborted) stream.abort(new CodedError('shutting_down'))
      return stream.signal
    },
    waitFor(work) {
      const settled = work.finally(() => unfinished.delete(settled))
      unfinished.add(settled)
    },
  }
}
