import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { CodedError } from '../../errors.ts'
import { KeysDoNotFitError } from '../../store/secrets/key-canaries.ts'
import { needsNoKey, openProblems } from '../bodies/responses.ts'
import { healthSchema, noQuery } from '../bodies/schemas.ts'
import type { RouteDependencies } from '../dependencies.ts'

/** The longest time that an orchestrator waits for Redis's answer, ms. */
const readyMs = 1000

type HealthDependencies = Pick<RouteDependencies, 'ready' | 'clock' | 'closing'>

const config = { rateLimit: false, isForOperators: true } as const

/** Open to everybody, answered under any load. */
const healthRoutes: FastifyPluginAsyncTypebox<HealthDependencies> = async (app, { ready, clock, closing }) => {
  const ok = { description: 'It is', content: { 'application/json': { schema: healthSchema } } }

  app.get('/health/live', {
    config,
    schema: {
      operationId: 'isLive',
      summary: 'Whether the process answers',
      tags: ['health'],
      security: needsNoKey,
      querystring: noQuery,
      response: { 200: ok, ...openProblems() },
    },
    handler: async () => ({ status: 'ok' }),
  })

  app.get('/health/ready', {
    config,
    schema: {
      operationId: 'isReady',
      summary: 'Whether the service takes jobs',
      tags: ['health'],
      security: needsNoKey,
      querystring: noQuery,
      response: { 200: ok, ...openProblems('store_unavailable', 'shutting_down') },
    },
    handler: async () => {
      if (closing.aborted) throw new CodedError('shutting_down')
      const over = new AbortController()
      const late = clock
        .sleep(readyMs, over.signal)
        .then(() => Promise.reject(new CodedError('store_unavailable', 'Redis did not answer in time')))
      try {
        await Promise.race([ready(), late])
      } catch (cause) {
        if (cause instanceof CodedError) throw cause
        // The answer tells operators what is wrong with the keys. It names ids, never a key.
        const detail = cause instanceof KeysDoNotFitError ? cause.message : undefined
        throw new CodedError('store_unavailable', detail, { cause })
      } finally {
        late.catch(() => undefined)
        over.abort()
      }
      return { status: 'ok' }
    },
  })
}

export default healthRoutes
