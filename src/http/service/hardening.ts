import helmet from '@fastify/helmet'
import rateLimit from '@fastify/rate-limit'
import underPressure from '@fastify/under-pressure'
import type { FastifyInstance } from 'fastify'
import { CodedError } from '../../errors.ts'
import { addressGroup } from '../../network/addresses.ts'
import type { HttpLimits } from '../dependencies.ts'

/** Security headers for browsers, a limit of requests, and refusals while the process is overloaded. */
export async function addHardening(app: FastifyInstance, limits: HttpLimits): Promise<void> {
  await app.register(helmet, {
    contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } },
    // Only the proxy in front knows whether there is TLS.
    strictTransportSecurity: false,
  })
  app.addHook('onRequest', async (request, reply) => {
    if (request.cameByTls) reply.header('Strict-Transport-Security', 'max-age=15552000')
  })
  await app.register(rateLimit, {
    max: limits.requestsPerMinute,
    timeWindow: 60_000,
    keyGenerator: (request) => `${request.tenant} ${addressGroup(request.ip)}`,
    errorResponseBuilder: (_request, { after }) => new CodedError('too_many_requests', `Try again in ${after}`),
    addHeadersOnExceeding: { 'x-ratelimit-limit': false, 'x-ratelimit-remaining': false, 'x-ratelimit-reset': false },
  })
  await app.register(underPressure, {
    maxEventLoopDelay: limits.eventLoopDelayMs,
    // It rejects, because the plugin calls this outside of Fastify's own error handling. The delay is infinite to the
    // plugin while it has measured none, as in a process that has just started.
    pressureHandler: (_request, _reply, _type, value) =>
      value === Number.POSITIVE_INFINITY ? undefined : Promise.reject(new CodedError('overloaded')),
  })
}
