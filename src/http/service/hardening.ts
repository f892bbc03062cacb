import helmet from '@fastify/helmet'
import rateLimit from '@fastify/rate-limit'
import underPressure from '@fastify/under-pressure'
import type { FastifyInstance } from 'fastify'
import { CodedError } from '../../errors.ts'
import type { HttpLimits } from '../dependencies.ts'

/** Headers for browsers that stray here, a limit of calls, and refusal before the process drowns. */
export async function addHardening(app: FastifyInstance, limits: HttpLimits): Promise<void> {
  await app.register(helmet, {
    contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } },
    // Whether there is TLS is known to the proxy in front, not to us.
    strictTransportSecurity: false,
  })
  await app.register(rateLimit, {
    max: limits.requestsPerMinute,
    timeWindow: 60_000,
    keyGenerator: (request) => `${request.tenant} ${request.ip}`,
    errorResponseBuilder: (_request, { after }) => new CodedError('too_many_requests', `Try again in ${after}`),
    addHeadersOnExceeding: { 'x-ratelimit-limit': false, 'x-ratelimit-remaining': false, 'x-ratelimit-reset': false },
  })
  await app.register(underPressure, {
    maxEventLoopDelay: limits.eventLoopDelayMs,
    // A rejection, because the plugin calls this outside of Fastify's own error handling.
    pressureHandler: () => Promise.reject(new CodedError('overloaded')),
  })
}
