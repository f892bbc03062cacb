import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { metricsType } from '../../metrics.ts'
import { needsNoKey, openProblems } from '../bodies/responses.ts'
import { noQuery } from '../bodies/schemas.ts'
import type { RouteDependencies } from '../dependencies.ts'

/**
 * Open to everybody who reaches the port, since scrapers have no key. Where there are keys, it shows sums of all tenants,
 * and never an id.
 */
const metricsRoutes: FastifyPluginAsyncTypebox<Pick<RouteDependencies, 'metrics'>> = async (app, { metrics }) => {
  app.get('/metrics', {
    // Metrics are needed most while the process is overloaded.
    config: { isForOperators: true },
    schema: {
      operationId: 'getMetrics',
      summary: 'Figures of this process and of the queue, for Prometheus',
      description:
        'While Redis is down, only the metrics of this process are there, and `intercom_sync_redis_up` is 0.',
      tags: ['health'],
      security: needsNoKey,
      querystring: noQuery,
      response: {
        200: {
          description: "Prometheus's text format",
          content: { 'text/plain': { schema: Type.String() } },
        },
        ...openProblems('too_many_requests', 'internal_error'),
      },
    },
    handler: async (_request, reply) =>
      reply
        .header('Cache-Control', 'no-store')
        .type(metricsType)
        .send(await metrics.render()),
  })
}

export default metricsRoutes
