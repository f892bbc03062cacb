import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { connectionParameters } from '../bodies/connection-schemas.ts'
import { checkStream, parseStates } from '../bodies/given-states.ts'
import { needsApiKey, problemResponses } from '../bodies/responses.ts'
import { epochQuery, jobParameters } from '../bodies/schemas.ts'
import {
  ackBody,
  acknowledgedSchema,
  connectionStateQuery,
  newStatesBody,
  statesSchema,
  toStatesBody,
} from '../bodies/state-schemas.ts'
import type { RouteDependencies } from '../dependencies.ts'
import type { Api } from '../instance.ts'

const statesResponse = (description: string) => ({
  description,
  content: { 'application/json': { schema: statesSchema } },
})

const common = { tags: ['connections'], security: needsApiKey }
const bodyProblems = ['malformed_json', 'body_too_large', 'unsupported_media_type'] as const

/** The messages that clients say they have, and where the next job of a connection continues. */
const stateRoutes: FastifyPluginAsyncTypebox<RouteDependencies> = async (app, dependencies) => {
  addAcknowledge(app, dependencies)
  addGetState(app, dependencies)
  addSetState(app, dependencies)
  addResetState(app, dependencies)
}

function addAcknowledge(app: Api, { jobs }: RouteDependencies): void {
  app.post('/jobs/:jobId/ack', {
    schema: {
      operationId: 'acknowledgeMessages',
      summary: 'Acknowledge the messages held',
      description:
        "Moves the state of the job's connection, if it has one, to the last state of each stream among the first " +
        '`offset` messages: the next job delivers everything after it. An offset that was acknowledged before changes ' +
        'nothing. Messages are only removed from a log that is full. Send the `epoch` of the messages, in the query or beside `offset`: others are not acknowledged then.',
      tags: ['jobs'],
      security: needsApiKey,
      params: jobParameters,
      querystring: epochQuery,
      body: ackBody,
      response: {
        200: {
          description: 'What is acknowledged now, and the state of the connection, or else the states at that offset',
          content: { 'application/json': { schema: acknowledgedSchema } },
        },
        ...problemResponses(
          ...bodyProblems,
          'job_not_found',
          'log_rewound',
          'ack_superseded',
          'log_gone',
          'log_damaged',
          'offset_out_of_range',
        ),
      },
    },
    handler: async ({ tenant, params, query, body }) => {
      const holding = { held: body.offset, epoch: query.epoch ?? body.epoch }
      const { offset, states } = await jobs.acknowledge(tenant, params.jobId, holding)
      return { offset, states: toStatesBody(states) }
    },
  })
}

function addGetState(app: Api, { connections }: RouteDependencies): void {
  app.get('/connections/:connectionId/state', {
    schema: {
      ...common,
      operationId: 'getConnectionState',
      summary: 'Read the acknowledged state of a connection',
      description:
        'Where the next job of the connection continues. Full-refresh streams have no state: every job reads them from the start.',
      params: connectionParameters,
      querystring: connectionStateQuery,
      response: { 200: statesResponse('The state'), ...problemResponses('connection_not_found') },
    },
    handler: async ({ tenant, params, query: { stream } }) => {
      const states = await connections.readStates(tenant, params.connectionId)
      await checkStream(stream, async () => states)
      return toStatesBody(states).filter(
        ({
          stream: {
            stream_descriptor: { name },
          },
        }) => name === (stream ?? name),
      )
    },
  })
}

function addSetState(app: Api, { connections }: RouteDependencies): void {
  app.put('/connections/:connectionId/state', {
    config: { takesState: true },
    schema: {
      ...common,
      operationId: 'setConnectionState',
      summary: 'Set the state of a connection',
      description:
        'With `stream`, only the state of that stream; otherwise the whole state. Jobs that began before no longer change ' +
        'it. The state of a stream that is not here is kept as it is.',
      params: connectionParameters,
      querystring: connectionStateQuery,
      body: newStatesBody,
      response: {
        200: statesResponse('The whole state as it now is'),
        ...problemResponses(...bodyProblems, 'connection_not_found', 'connection_busy', 'workspace_changed'),
      },
    },
    handler: async ({ tenant, params, query: { stream }, body }) => {
      await checkStream(stream, () => connections.readStates(tenant, params.connectionId))
      return toStatesBody(await connections.setStates(tenant, params.connectionId, parseStates(body, stream), stream))
    },
  })
}

function addResetState(app: Api, { connections }: RouteDependencies): void {
  app.delete('/connections/:connectionId/state', {
    schema: {
      ...common,
      operationId: 'resetConnectionState',
      summary: 'Reset the state of a connection',
      description:
        'With `stream`, only the state of that stream; otherwise the whole state. The next job reads those streams from the start.',
      params: connectionParameters,
      querystring: connectionStateQuery,
      response: {
        200: statesResponse('The whole state as it now is'),
        ...problemResponses('connection_not_found', 'connection_busy'),
      },
    },
    handler: async ({ tenant, params, query: { stream } }) => {
      await checkStream(stream, () => connections.readStates(tenant, params.connectionId))
      return toStatesBody(await connections.setStates(tenant, params.connectionId, {}, stream))
    },
  })
}

export default stateRoutes
