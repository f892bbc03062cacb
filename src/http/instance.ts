import { randomUUID } from 'node:crypto'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import Fastify, { type FastifyBaseLogger, type FastifyInstance } from 'fastify'
import type { HttpLimits } from './dependencies.ts'
import { answerClientError } from './requests/client-errors.ts'
import { sendProblem } from './requests/problem.ts'

/** The server as routes are added to it: handlers get their types from the schemas. */
export type Api = Parameters<FastifyPluginAsyncTypebox>[0]

/** A server without routes. Fastify leaves most of its timeouts off; each one here is chosen. */
export function createInstance(logger: FastifyBaseLogger, limits: HttpLimits): FastifyInstance {
  return Fastify({
    loggerInstance: logger,
    genReqId: () => randomUUID(),
    bodyLimit: limits.bodyBytes,
    requestTimeout: limits.requestTimeoutMs,
    connectionTimeout: limits.connectionTimeoutMs,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    // Node swaps the two timeouts when the one for headers (60 s unless set) is the longer: bodies would get it then.
    http: { connectionsCheckingInterval: limits.requestTimeoutCheckMs, headersTimeout: limits.requestTimeoutMs },
    // Open streams end by their own rule, at a whole line.
    forceCloseConnections: 'idle',
    // Its answer is not a problem document; refuseWhen() gives one.
    return503OnClosing: false,
    // HEAD would run a reader that nobody reads.
    exposeHeadRoutes: false,
    clientErrorHandler: answerClientError,
    frameworkErrors: (error, request, reply) => void sendProblem(request, reply, error),
  })
}
