import { randomUUID } from 'node:crypto'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import Fastify, { type FastifyBaseLogger, type FastifyInstance } from 'fastify'
import { trustProxies } from '../network/trusted-proxies.ts'
import { addPublicAddress } from './callers/public-address.ts'
import type { Front, HttpLimits } from './dependencies.ts'
import { answerClientError } from './requests/client-errors.ts'
import { addCompression } from './requests/compression.ts'
import { requireOneHost } from './requests/host-header.ts'
import { readableAddress } from './requests/page-address.ts'
import { sendProblem } from './requests/problem.ts'
import { createRequestLog, loggedRequest } from './requests/request-log.ts'
import { buildSerializer } from './requests/serializers.ts'

/** The server as routes are added to it: handlers get their types from the schemas. */
export type Api = Parameters<FastifyPluginAsyncTypebox>[0]

/** A server without routes. Fastify leaves most of its timeouts off; each one here is chosen. */
export function createInstance(
  logger: FastifyBaseLogger,
  limits: HttpLimits,
  { trustProxy = [], publicUrl }: Partial<Front> = {},
): FastifyInstance {
  const isTrusted = trustProxies(trustProxy)
  const app = Fastify({
    loggerInstance: logger.child({}, { serializers: { req: loggedRequest } }),
    genReqId: () => randomUUID(),
    trustProxy: (address) => isTrusted(address),
    logController: createRequestLog(),
    schemaController: { compilersFactory: { buildSerializer } },
    bodyLimit: limits.bodyBytes,
    requestTimeout: limits.requestTimeoutMs,
    connectionTimeout: limits.connectionTimeoutMs,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    // If the timeout for headers (60 s by default) is the longer one, Node swaps the two, and bodies get the longer one.
    http: {
      connectionsCheckingInterval: limits.requestTimeoutCheckMs,
      headersTimeout: limits.requestTimeoutMs,
      // `requireOneHost` answers with a problem document.
      requireHostHeader: false,
    },
    // Open message streams are closed by `open-streams.ts`, after a whole line.
    forceCloseConnections: 'idle',
    // Its answer is not a problem document; refuseWhen() gives one.
    return503OnClosing: false,
    clientErrorHandler: answerClientError,
    rewriteUrl: ({ url = '/', method, headers }) => readableAddress(url, method, headers.accept),
    frameworkErrors: (error, request, reply) => void sendProblem(request, reply, error),
  })
  // A client may end its half of the connection after its request; by itself, Node would end the other half at once.
  Object.assign(app.server, { httpAllowHalfOpen: true })
  app.addHook('onRequest', requireOneHost)
  addCompression(app)
  addPublicAddress(app, { publicUrl, isTrusted })
  return app
}
