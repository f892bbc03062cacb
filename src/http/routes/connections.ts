import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { hasMasks, toConnectionBody } from '../bodies/connection-body.ts'
import {
  changeQuery,
  connectionListQuery,
  connectionParameters,
  connectionQuery,
  newConnectionBody,
  putHeaders,
} from '../bodies/connection-schemas.ts'
import { listOf } from '../bodies/list-schemas.ts'
import {
  bodyCodes,
  checkCodes,
  connectionChangeHeader,
  needsApiKey,
  problemResponses,
  workspaceCodes,
} from '../bodies/responses.ts'
import { noQuery } from '../bodies/schemas.ts'
import { changeConnection } from '../connections/change-connection.ts'
import { readConnectionBody } from '../connections/read-connection-body.ts'
import type { RouteDependencies } from '../dependencies.ts'
import type { Api } from '../instance.ts'
import { createAskIntercom } from '../requests/ask-intercom.ts'

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
  addPauseConnection(app, dependencies)
  addDeleteConnection(app, dependencies)
}

function addListConnections(app: Api, { connections, clock }: RouteDependencies): void {
  app.get('/connections', {
    schema: {
      ...common,
      operationId: 'listConnections',
      summary: 'List connections, in the order of their ids',
      description:
        'Each with the names of its streams; `include=catalog` gives their catalogs instead. A page may end early when ' +
        'its connections are large. Continue as long as there is a `next`.',
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
      const { limit, cursor, include } = query
      const page = await connections.list(tenant, { limit, ...(cursor !== undefined && { cursor }) })
      const data = page.items.map((connection) =>
        toConnectionBody(connection, clock.now(), include === 'catalog', { mostNext: 1 }),
      )
      return { data, ...(page.next && { next: page.next }) }
    },
  })
}

function addPutConnection(app: Api, dependencies: RouteDependencies): void {
  const { connections, openStreams, clock } = dependencies
  const askIntercom = createAskIntercom(dependencies)
  app.put('/connections/:connectionId', {
    schema: {
      ...common,
      operationId: 'putConnection',
      summary: 'Make a connection, or replace what it syncs',
      description:
        'Nothing is stored unless Intercom accepts the token (`check_failed`); a config and streams that are stored already ' +
        'are not checked again. `warnings` names streams that the token may not read. The check takes 25 s at most. The ' +
        'state stays, unless `resetState=true`. The access token of another workspace than the one that the connection was ' +
        'connected to is refused, if that is known; otherwise its next job fails. A running job continues with the config ' +
        'it started with. A schedule that is left out is none, and so are webhooks. The body may be what `GET` of the ' +
        'connection gave, edited: a mask keeps the secret that is stored.',
      params: connectionParameters,
      querystring: changeQuery,
      headers: putHeaders,
      body: newConnectionBody,
      response: {
        200: { ...connectionResponse('The connection, replaced'), headers: connectionChangeHeader },
        201: { ...connectionResponse('The connection, new'), headers: connectionChangeHeader },
        ...problemResponses('connection_exists', ...bodyCodes, ...workspaceCodes, ...checkCodes),
      },
    },
    handler: async ({ tenant, params: { connectionId }, query, headers, body }, reply) => {
      const signal = openStreams.signalFor(reply.raw)
      const { validate, resetState } = query
      const mustBeNew = headers['if-none-match'] === '*'
      const options = { tenant, connectionId, validate, resetState, mustBeNew, signal }
      const { connection, change, warnings, made } = await changeConnection(
        { connections, clock, askIntercom },
        options,
        async (stored) => {
          if (stored?.problem !== undefined && hasMasks(body.config)) throw stored.problem
          return readConnectionBody(connectionId, body, stored, dependencies)
        },
      )
      reply.header('Connection-Change', change)
      const answer = toConnectionBody(connection, clock.now(), query.include === 'catalog', { made })
      return reply.code(change === 'created' ? 201 : 200).send({ ...answer, warnings })
    },
  })
}

function addGetConnection(app: Api, { connections, clock }: RouteDependencies): void {
  app.get('/connections/:connectionId', {
    schema: {
      ...common,
      operationId: 'getConnection',
      summary: 'Read a connection',
      description: 'The whole of it, which `PUT` takes as it is. Each secret is masked.',
      params: connectionParameters,
      querystring: noQuery,
      response: { 200: connectionResponse('The connection'), ...problemResponses('connection_not_found') },
    },
    handler: async ({ tenant, params }) => {
      const connection = await connections.read(tenant, params.connectionId)
      if (connection.problem !== undefined) throw connection.problem
      return toConnectionBody(connection, clock.now(), true)
    },
  })
}

/** `pause` and `resume`. */
function addPauseConnection(app: Api, { connections, clock }: RouteDependencies): void {
  const routes = [
    {
      name: 'pause',
      isPaused: true,
      summary: 'Begin no more jobs of a connection by themselves',
      description: 'A job that runs goes on.',
    },
    {
      name: 'resume',
      isPaused: false,
      summary: 'Let a paused connection go on',
      description: 'What was due meanwhile is not made up for.',
    },
  ]
  for (const { name, isPaused, summary, description } of routes)
    app.post(`/connections/:connectionId/${name}`, {
      schema: {
        ...common,
        operationId: `${name}Connection`,
        summary,
        description,
        params: connectionParameters,
        querystring: connectionQuery,
        response: { 200: connectionResponse('The connection'), ...problemResponses('connection_not_found') },
      },
      handler: async ({ tenant, params, query }) => {
        const connection = await connections.pause(tenant, params.connectionId, isPaused)
        return toConnectionBody(connection, clock.now(), query.include === 'catalog')
      },
    })
}

function addDeleteConnection(app: Api, { connections, clock }: RouteDependencies): void {
  app.delete('/connections/:connectionId', {
    schema: {
      ...common,
      operationId: 'deleteConnection',
      summary: 'Remove a connection, its state and its deliveries',
      description: 'Its jobs and their messages are kept as long as before.',
      params: connectionParameters,
      querystring: connectionQuery,
      response: {
        200: connectionResponse('The connection as it was'),
        ...problemResponses('connection_not_found', 'connection_busy'),
      },
    },
    handler: async ({ tenant, params, query }) =>
      toConnectionBody(await connections.remove(tenant, params.connectionId), clock.now(), query.include === 'catalog'),
  })
}

export default connectionRoutes
