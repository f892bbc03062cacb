import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { estimateSync } from '../../sync/estimate/estimate-sync.ts'
import { needsApiKey, problemResponses } from '../bodies/responses.ts'
import { noQuery } from '../bodies/schemas.ts'
import { readRequest } from '../bodies/start-job.ts'
import type { RouteDependencies } from '../dependencies.ts'
import { createAskIntercom } from '../requests/ask-intercom.ts'
import { closeWhenHalfClosedLater } from '../requests/half-closed.ts'
import { estimateBody, toEstimateBody } from './estimate-schemas.ts'

/** Telling what a sync will read before anybody pays for it. */
const estimateRoutes: FastifyPluginAsyncTypebox<RouteDependencies> = async (app, dependencies) => {
  const { openStreams } = dependencies
  const askIntercom = createAskIntercom(dependencies)
  app.post('/estimate', {
    schema: {
      operationId: 'estimateSync',
      summary: 'Estimate what a sync will read',
      description:
        'Rows, requests and minutes of each stream, from the first requests of its walk and from counts. It makes about ' +
        'one request for each stream that Intercom gives in one list, and one to ten for one that it searches; ' +
        '`requestsMade` says how many it made. They go before those of jobs. Figures that are `counted` are within 20 % ' +
        'of what a sync then needs if nothing changes meanwhile, or within a few requests where it needs few. A stream ' +
        'that the token may not read has a `problem`. When Intercom gives no usable answer, this is answered with 503 ' +
        'after 10 s, and after 25 s at most.',
      tags: ['connector'],
      security: needsApiKey,
      querystring: noQuery,
      body: estimateBody,
      response: {
        200: {
          description: 'The estimate',
          content: { 'application/json': { schema: Type.Ref('Estimate') } },
        },
        ...problemResponses(
          'malformed_json',
          'token_invalid',
          'connection_not_found',
          'workspace_changed',
          'body_too_large',
          'unsupported_media_type',
          'intercom_unavailable',
          'intercom_protocol',
          'intercom_rejected',
        ),
      },
    },
    handler: async ({ tenant, body }, reply) => {
      const request = await readRequest(dependencies, body, tenant)
      const signal = openStreams.signalFor(reply.raw)
      await closeWhenHalfClosedLater(reply.raw)
      return toEstimateBody(await askIntercom(signal, request.config, (client) => estimateSync(request, client)))
    },
  })
}

export default estimateRoutes
