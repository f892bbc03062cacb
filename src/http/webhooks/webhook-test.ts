import { randomUUID } from 'node:crypto'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { noProxies } from '../../network/proxies.ts'
import { connectDirectly } from '../../webhooks/connect.ts'
import { testEvent } from '../../webhooks/events.ts'
import { webhookBodyOf } from '../../webhooks/message.ts'
import { sendMessage } from '../../webhooks/send.ts'
import { standardHeaders } from '../../webhooks/signature.ts'
import { bodyCodes, needsApiKey, problemResponses } from '../bodies/responses.ts'
import { noQuery } from '../bodies/schemas.ts'
import type { RouteDependencies } from '../dependencies.ts'
import { closeWhenHalfClosedLater } from '../requests/half-closed.ts'
import { readWebhooks } from './webhook-body.ts'
import { webhookTestBody, webhookTestSchema } from './webhook-schemas.ts'

/** A test to a webhook that no connection has yet: the same message to the same addresses as those of a connection. */
const webhookTestRoutes: FastifyPluginAsyncTypebox<RouteDependencies> = async (app, dependencies) => {
  const { receivers, clock, proxies = noProxies, openStreams } = dependencies
  app.post('/webhooks/test', {
    schema: {
      operationId: 'testWebhook',
      summary: 'Send a test to a webhook before a connection has it',
      description:
        'The event is `webhook.test`, sent once, at once, to the addresses that a connection may name. It is answered ' +
        'when the receiver has answered, after 10 s at most.',
      tags: ['connections'],
      security: needsApiKey,
      querystring: noQuery,
      body: webhookTestBody,
      response: {
        200: { description: 'What became of it', content: { 'application/json': { schema: webhookTestSchema } } },
        ...problemResponses(...bodyCodes),
      },
    },
    handler: async ({ body: { connectionId = 'test', ...asked } }, reply) => {
      const { webhooks } = await readWebhooks([asked], [], { receivers, clock }, () => '')
      const [{ url, secret, format } = {}] = webhooks
      if (url === undefined || format === undefined) throw new Error('a webhook was read as none')
      const signal = openStreams.signalFor(reply.raw)
      await closeWhenHalfClosedLater(reply.raw)
      const now = clock.now()
      const text = webhookBodyOf({ type: testEvent, at: now, connectionId }, format, undefined)
      const headers = standardHeaders({ deliveryId: `test_${randomUUID()}`, body: text }, secret, now)
      const parts = { receivers, clock, proxies, connect: connectDirectly }
      const { statusCode, failure } = await sendMessage(parts, { url, body: text, headers }, signal)
      return {
        status: failure === undefined ? 'delivered' : 'failed',
        ...(statusCode !== undefined && { statusCode }),
        ...(failure !== undefined && { failure }),
      }
    },
  })
}

export default webhookTestRoutes
