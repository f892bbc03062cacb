import type { FastifyInstance } from 'fastify'
import type { Metrics } from '../../metrics.ts'
import { messagesType } from '../bodies/schemas.ts'

/** Counts requests by the templates of their routes, so that text from a caller's path never becomes a label. */
export function countRequests(app: FastifyInstance, metrics: Metrics): void {
  app.addHook('onResponse', async (request, reply) => {
    const labels = { method: request.method, route: request.routeOptions.url ?? 'none' }
    metrics.add('intercom_sync_http_requests_total', { ...labels, status: `${Math.floor(reply.statusCode / 100)}xx` })
    // A followed log stays open as long as its job runs, which says nothing about the speed of the API.
    if (reply.getHeader('content-type') === messagesType) return
    metrics.observe('intercom_sync_http_request_seconds', labels, reply.elapsedTime / 1000)
  })
}
