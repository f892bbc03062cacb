import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { FastifyInstance } from 'fastify'
import { CodedError } from '../../errors.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Answered although the process is overloaded. */
    isForOperators?: true
    /** Answered while the event loop is behind: it takes no work, and who sees nothing loads it again and again. */
    isOfConsole?: true
  }
}

const resolutionMs = 10
const everyMs = 1000

/**
 * Refuses calls while the event loop is behind, as the last second has shown. Nothing here reads a file: a process that
 * has run out of file handles would end over that, in a timer where nobody can catch it.
 *
 * @param mostDelayMs 0 = never
 */
export function refuseOverload(app: FastifyInstance, mostDelayMs: number): void {
  if (mostDelayMs === 0) return
  const delays = monitorEventLoopDelay({ resolution: resolutionMs })
  delays.enable()
  let delayMs = 0
  const timer = setInterval(() => {
    // Without a sample, as in a process that has just started, the mean is no number.
    delayMs = delays.count === 0 ? 0 : delays.mean / 1e6 - resolutionMs
    delays.reset()
  }, everyMs)
  timer.unref()
  app.addHook('onRequest', async ({ routeOptions: { config } }) => {
    if (delayMs > mostDelayMs && !config?.isForOperators && !config?.isOfConsole) throw new CodedError('overloaded')
  })
  app.addHook('onClose', async () => {
    clearInterval(timer)
    delays.disable()
  })
}
