import { randomUUID } from 'node:crypto'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { noProxies } from '../../network/proxies.ts'
import { type DeliveryStatus, deliveryStatuses } from '../../store/webhooks/delivery-record.ts'
import type { Delivery } from '../../store/webhooks/delivery-store.ts'
import { connectDirectly } from '../../webhooks/connect.ts'
import { testEvent } from '../../webhooks/events.ts'
import { webhookBodyOf } from '../../webhooks/message.ts'
import { sendMessage } from '../../webhooks/send.ts'
import { standardHeaders } from '../../webhooks/signature.ts'
import { connectionParameters } from '../bodies/connection-schemas.ts'
import { connectionIdSchema, listOf, pageParameters } from '../bodies/list-schemas.ts'
import { bodyCodes, needsApiKey, problemResponses } from '../bodies/responses.ts'
import { noQuery } from '../bodies/schemas.ts'
import type { RouteDependencies } from '../dependencies.ts'
import type { Api } from '../instance.ts'
import { closeWhenHalfClosedLater } from '../requests/half-closed.ts'
import { readWebhooks } from '../webhooks/webhook-body.ts'
import { type DeliveryBody, webhookTestBody, webhookTestSchema } from '../webhooks/webhook-schemas.ts'

const deliveryParameters = Type.Object({
  connectionId: connectionIdSchema,
  deliveryId: Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$', description: 'As the list of deliveries has it' }),
})

const deliveryListQuery = Type.Object(
  {
    status: Type.Optional(Type.String({ enum: [...deliveryStatuses] })),
    ...pageParameters,
    cursor: Type.Optional(Type.String({ pattern: '^[0-9]{1,15}$', description: 'The `next` of the previous page' })),
  },
  { additionalProperties: false },
)

const common = { tags: ['connections'], security: needsApiKey }

/** What became of the messages to webhooks. */
const deliveryRoutes: FastifyPluginAsyncTypebox<RouteDependencies> = async (app, dependencies) => {
  addListDeliveries(app, dependencies)
  addRetryDelivery(app, dependencies)
  addTestWebhooks(app, dependencies)
  addTestNewWebhook(app, dependencies)
}

function addListDeliveries(app: Api, { deliveries }: RouteDependencies): void {
  app.get('/connections/:connectionId/deliveries', {
    schema: {
      ...common,
      operationId: 'listDeliveries',
      summary: 'List what the webhooks of a connection were told, newest first',
      description: 'The latest 200 of the last seven days.',
      params: connectionParameters,
      querystring: deliveryListQuery,
      response: {
        200: {
          description: 'A page of the list',
          content: { 'application/json': { schema: listOf(Type.Ref('Delivery')) } },
        },
        ...problemResponses('connection_not_found'),
      },
    },
    handler: async ({ tenant, params: { connectionId }, query: { limit, cursor, status } }) => {
      const wanted = statusOf(status)
      const request = { limit, ...(cursor !== undefined && { cursor }), ...(wanted && { status: wanted }) }
      const { items, next } = await deliveries.list(tenant, connectionId, request)
      return { data: items.map(toDeliveryBody), ...(next && { next }) }
    },
  })
}

function addRetryDelivery(app: Api, { deliveries }: RouteDependencies): void {
  app.post('/connections/:connectionId/deliveries/:deliveryId/retry', {
    schema: {
      ...common,
      operationId: 'retryDelivery',
      summary: 'Send a message to a webhook once more, now',
      description:
        'With the same `webhook-id`, whatever became of it. If it fails again, it is tried for 24 hours as a new one is.',
      params: deliveryParameters,
      querystring: noQuery,
      response: {
        202: { description: 'The delivery', content: { 'application/json': { schema: Type.Ref('Delivery') } } },
        ...problemResponses('connection_not_found', 'delivery_not_found'),
      },
    },
    handler: async ({ tenant, params: { connectionId, deliveryId } }, reply) =>
      reply.code(202).send(toDeliveryBody(await deliveries.retry(tenant, connectionId, deliveryId))),
  })
}

function addTestWebhooks(app: Api, { deliveries }: RouteDependencies): void {
  app.post('/connections/:connectionId/webhooks/test', {
    schema: {
      ...common,
      operationId: 'testWebhooks',
      summary: 'Send a test to each webhook of a connection',
      description: 'The event is `webhook.test`, whichever events a webhook names.',
      params: connectionParameters,
      querystring: noQuery,
      response: {
        202: {
          description: 'The deliveries, one for each webhook; none where there are no webhooks',
          content: { 'application/json': { schema: Type.Object({ data: Type.Array(Type.Ref('Delivery')) }) } },
        },
        ...problemResponses('connection_not_found'),
      },
    },
    handler: async ({ tenant, params: { connectionId } }, reply) => {
      const data = (await deliveries.test(tenant, connectionId)).map(toDeliveryBody)
      return reply.code(202).send({ data })
    },
  })
}

/** The same message, within the same limits, as those to the webhooks of a connection. */
function addTestNewWebhook(app: Api, dependencies: RouteDependencies): void {
  const { receivers, clock, proxies = noProxies, openStreams } = dependencies
  app.post('/webhooks/test', {
    schema: {
      ...common,
      operationId: 'testWebhook',
      summary: 'Send a test to a webhook before a connection has it',
      description:
        'The event is `webhook.test`, sent once, at once, to the addresses that a connection may name. It is answered ' +
        'when the receiver has answered, after 10 s at most.',
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

function statusOf(text: string | undefined): DeliveryStatus | undefined {
  return deliveryStatuses.find((status) => status === text)
}

function toDeliveryBody({ createdAt, lastAttemptAt, dueAt, ...delivery }: Delivery): DeliveryBody {
  return {
    ...delivery,
    createdAt: toTime(createdAt),
    ...(lastAttemptAt !== undefined && { lastAttemptAt: toTime(lastAttemptAt) }),
    ...(dueAt !== undefined && { nextAttemptAt: toTime(dueAt) }),
  }
}

function toTime(ms: number): string {
  return new Date(ms).toISOString()
}

export default deliveryRoutes
