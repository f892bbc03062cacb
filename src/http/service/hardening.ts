import helmet from '@fastify/helmet'
import rateLimit from '@fastify/rate-limit'
import type { FastifyInstance } from 'fastify'
import { CodedError } from '../../errors.ts'
import { addressGroup } from '../../network/addresses.ts'
import type { HttpLimits } from '../dependencies.ts'
import { refuseOverload } from './overload.ts'

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
  refuseOverload(app, limits.eventLoopDelayMs)
}
