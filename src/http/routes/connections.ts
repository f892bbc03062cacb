import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { parseSyncRequest } from '../../sync/contract/sync-request.ts'
import { findMasks, toConnectionBody } from '../bodies/connection-body.ts'
import { connectionListQuery, connectionParameters, newConnectionBody } from '../bodies/connection-schemas.ts'
import { warningsOf } from '../bodies/connection-warnings.ts'
import { listOf } from '../bodies/list-schemas.ts'
import { needsApiKey, problemResponses } from '../bodies/responses.ts'
import { noQuery } from '../bodies/schemas.ts'
import type { RouteDependencies } from '../dependencies.ts'
import type { Api } from '../instance.ts'
import { createAskIntercom } from '../requests/ask-intercom.ts'
import { invalidRequest } from '../requests/validation.ts'

const connectionResponse = (description: string) => ({
  description,
  content: { 'application/json': { schema: Type.Ref('Connection') } },
})

const common = { tags: ['connections'], security: needsApiKey }

/** Storing what to sync, for repeated syncs. */
const connectionRoutes: FastifyPluginAsyncTypebox<RouteDependencies> = async (app, dependencies) => {
  addListConnections(app, dependencies)
  addPutConnection(app, dependencies)
  addGetConnection(app, dependencies)
  addDeleteConnection(app, dependencies)
}

function addListConnections(app: Api, { connections }: RouteDependencies): void {
  app.get('/connections', {
    schema: {
      ...common,
      operationId: 'listConnections',
      summary: 'List connections, in the order of their ids',
      description: 'A page may end early when its connections are large. Continue as long as there is a `next`.',
      querystring: connectionListQuery,
      response: {
        200: {
          description: 'A page of the list',
          content: { 'application/json': { schema: listOf(Type.Ref('Connection')) } },
        },
        ...problemResponses(),
      },
    },
    handler: async ({ tenant, query }) => {
      const { limit, cursor } = query
      const page = await connections.list(tenant, { limit, ...(cursor !== undefined && { cursor }) })
      return { data: page.items.map(toConnectionBody), ...(page.next && { next: page.next }) }
    },
  })
}

function addPutConnection(app: Api, dependencies: RouteDependencies): void {
  const { connections, openStreams } = dependencies
  const askIntercom = createAskIntercom(dependencies)
  app.put('/connections/:connectionId', {
    schema: {
      ...common,
      operationId: 'putConnection',
      summary: 'Make a connection, or replace what it syncs',
      description:
        'The state stays. A running job continues with the config it started with. `warnings` names streams that the ' +
        'token may not read; finding out takes 20 s at most, and never keeps the connection from being stored.',
      params: connectionParameters,
      querystring: noQuery,
      body: newConnectionBody,
      response: {
        200: connectionResponse('The connection, replaced'),
        201: connectionResponse('The connection, new'),
        ...problemResponses('malformed_json', 'body_too_large', 'unsupported_media_type'),
      },
    },
    handler: async ({ tenant, params, body }, reply) => {
      const masks = findMasks(body.config)
      if (masks.length > 0) throw invalidRequest(masks)
      const { states: _, ...settings } = parseSyncRequest(body)
      const { connection, created } = await connections.put(tenant, params.connectionId, settings)
      const signal = openStreams.signalFor(reply.raw)
      const warnings = await warningsOf(settings, askIntercom, signal)
      return reply.code(created ? 201 : 200).send({ ...toConnectionBody(connection), warnings })
    },
  })
}

function addGetConnection(app: Api, { connections }: RouteDependencies): void {
  app.get('/connections/:connectionId', {
    schema: {
      ...common,
      operationId: 'getConnection',
      summary: 'Read a connection',
      description: 'Secrets in the config are never returned.',
      params: connectionParameters,
      querystring: noQuery,
      response: { 200: connectionResponse('The connection'), ...problemResponses('connection_not_found') },
    },
    handler: async ({ tenant, params }) => {
      const connection = await connections.read(tenant, params.connectionId)
      if (connection.problem !== undefined) throw connection.problem
      return toConnectionBody(connection)
    },
  })
}

function addDeleteConnection(app: Api, { connections }: RouteDependencies): void {
  app.delete('/connections/:connectionId', {
    schema: {
      ...common,
      operationId: 'deleteConnection',
      summary: 'Remove a connection and its state',
      description: 'Its jobs and their messages are kept as long as before.',
      params: connectionParameters,
      querystring: noQuery,
      response: {
        200: connectionResponse('The connection as it was'),
        ...problemResponses('connection_not_found', 'connection_busy'),
      },
    },
    handler: async ({ tenant, params }) => toConnectionBody(await connections.remove(tenant, params.connectionId)),
  })
}

export default connectionRoutes
