import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { CodedError } from '../../errors.ts'
import { hasMasks, toConnectionBody } from '../bodies/connection-body.ts'
import {
  changeQuery,
  cloneBody,
  cloneQuery,
  connectionDiffSchema,
  connectionParameters,
  connectionPatchBody,
  newConnectionBody,
} from '../bodies/connection-schemas.ts'
import {
  bodyCodes,
  checkCodes,
  connectionChangeHeader,
  needsApiKey,
  problemResponses,
  workspaceCodes,
} from '../bodies/responses.ts'
import { noQuery } from '../bodies/schemas.ts'
import { changeConnection, requireAccepted, warningsOf } from '../connections/change-connection.ts'
import { scheduleOf, settingsOf } from '../connections/connection-document.ts'
import { changesOf } from '../connections/declared-connections.ts'
import { patchedBody } from '../connections/patch-connection.ts'
import { readConnectionBody } from '../connections/read-connection-body.ts'
import type { RouteDependencies } from '../dependencies.ts'
import type { Api } from '../instance.ts'
import { createAskIntercom } from '../requests/ask-intercom.ts'
import { addMergePatchBody, mergePatchType } from '../requests/json-body.ts'

const common = { tags: ['connections'], security: needsApiKey, params: connectionParameters }

const connectionResponse = (description: string) => ({
  description,
  content: { 'application/json': { schema: Type.Ref('Connection') } },
})

/** Changing a part of a connection, copying it, and what a change would do. */
const connectionChangeRoutes: FastifyPluginAsyncTypebox<RouteDependencies> = async (app, dependencies) => {
  addMergePatchBody(app)
  addPatchConnection(app, dependencies)
  addCloneConnection(app, dependencies)
  addDiffConnection(app, dependencies)
}

function addPatchConnection(app: Api, dependencies: RouteDependencies): void {
  const { connections, openStreams, clock } = dependencies
  const askIntercom = createAskIntercom(dependencies)
  app.patch('/connections/:connectionId', {
    schema: {
      ...common,
      operationId: 'patchConnection',
      summary: 'Change a part of a connection',
      description:
        `A JSON merge patch, also taken as \`${mergePatchType}\`. The result is checked as the body of \`PUT\` is, and ` +
        'Intercom is asked when config or streams change. A patch is applied to the newest version of the connection, so ' +
        'that two patches of different members both hold.',
      querystring: changeQuery,
      body: connectionPatchBody,
      response: {
        200: { ...connectionResponse('The connection, changed'), headers: connectionChangeHeader },
        ...problemResponses('connection_not_found', ...bodyCodes, ...checkCodes, ...workspaceCodes),
      },
    },
    handler: async ({ tenant, params: { connectionId }, query, body }, reply) => {
      const { validate, resetState } = query
      const options = { tenant, connectionId, validate, resetState, signal: openStreams.signalFor(reply.raw) }
      const read = async (stored: Parameters<Parameters<typeof changeConnection>[2]>[0]) => {
        if (!stored) throw new CodedError('connection_not_found')
        const patched = patchedBody(stored, body)
        return readConnectionBody(connectionId, patched, stored, dependencies)
      }
      const { connection, change, warnings, made } = await changeConnection(
        { connections, clock, askIntercom },
        options,
        read,
      )
      reply.header('Connection-Change', change)
      const answer = toConnectionBody(connection, clock.now(), query.include === 'catalog', { made })
      return { ...answer, warnings }
    },
  })
}

function addCloneConnection(app: Api, dependencies: RouteDependencies): void {
  const { connections, openStreams, clock } = dependencies
  const askIntercom = createAskIntercom(dependencies)
  app.post('/connections/:connectionId/clone', {
    schema: {
      ...common,
      operationId: 'cloneConnection',
      summary: 'Make a connection like another one',
      description:
        'It gets the config and the webhooks, secrets included, the streams, and the schedule; one that has a schedule is paused. It gets no ' +
        'state and no jobs: its first sync reads everything.',
      querystring: cloneQuery,
      body: cloneBody,
      response: {
        201: connectionResponse('The new connection'),
        ...problemResponses('connection_not_found', 'connection_exists', ...bodyCodes, ...checkCodes),
      },
    },
    handler: async ({ tenant, params, query, body }, reply) => {
      const signal = openStreams.signalFor(reply.raw)
      const source = await connections.read(tenant, params.connectionId)
      const settings = settingsOf(source)
      const schedule = scheduleOf(source)
      const isScheduled = schedule.schedule.type !== 'manual' || schedule.fullRefresh !== undefined
      const check = query.validate ? await requireAccepted(settings, askIntercom, clock, signal) : undefined
      const connection = await connections.add(tenant, body.connectionId, {
        settings,
        schedule: { ...schedule, isPaused: isScheduled },
        webhooks: source.webhooks ?? [],
        check,
        access: source.access,
        whose: { workspaceId: check?.workspaceId },
      })
      const answer = toConnectionBody(connection, clock.now(), query.include === 'catalog')
      return reply.code(201).send({ ...answer, warnings: warningsOf(connection) })
    },
  })
}

function addDiffConnection(app: Api, dependencies: RouteDependencies): void {
  const { connections } = dependencies
  app.post('/connections/:connectionId/diff', {
    schema: {
      ...common,
      operationId: 'diffConnection',
      summary: 'What PUT would change',
      description: 'Takes the body of `PUT`, and stores nothing. Intercom is not asked.',
      querystring: noQuery,
      body: newConnectionBody,
      response: {
        200: {
          description: 'What would change, secrets included, which are masked',
          content: { 'application/json': { schema: connectionDiffSchema } },
        },
        ...problemResponses(...bodyCodes),
      },
    },
    handler: async ({ tenant, params: { connectionId }, body }) => {
      const stored = await connections.find(tenant, connectionId)
      if (stored?.problem !== undefined && hasMasks(body.config)) throw stored.problem
      const asked = await readConnectionBody(connectionId, body, stored, dependencies)
      const changes = changesOf(stored, asked)
      return { change: stored ? (changes.length > 0 ? 'changed' : 'unchanged') : 'created', changes }
    },
  })
}

export default connectionChangeRoutes
