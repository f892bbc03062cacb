import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { CodedError } from '../../errors.ts'
import { messagesResponse, needsApiKey, problemResponses } from '../bodies/responses.ts'
import { epochQuery, jobParameters, messagesQuery, messagesType } from '../bodies/schemas.ts'
import type { RouteDependencies } from '../dependencies.ts'
import type { Api } from '../instance.ts'
import { chooseMediaType } from '../messages/accept.ts'
import { announceRange } from '../messages/announced-range.ts'
import { requireLastingConnection, sendMessages } from '../messages/live-messages.ts'

/** Reading the messages of a job from any offset, and removing them. */
const messageRoutes: FastifyPluginAsyncTypebox<RouteDependencies> = async (app, dependencies) => {
  addReadMessages(app, dependencies)
  addDeleteMessages(app, dependencies)
}

function addReadMessages(app: Api, dependencies: RouteDependencies): void {
  const { jobs, messages, openStreams, readers } = dependencies
  app.get('/jobs/:jobId/messages', {
    // Offsets exist so that readers can resume as often as they like.
    config: { rateLimit: false },
    schema: {
      operationId: 'readMessages',
      summary: 'Read the messages of a job',
      tags: ['jobs'],
      security: needsApiKey,
      params: jobParameters,
      querystring: messagesQuery,
      response: {
        200: messagesResponse(),
        ...problemResponses(
          'half_closed',
          'job_not_found',
          'not_acceptable',
          'log_rewound',
          'log_gone',
          'log_damaged',
          'offset_out_of_range',
          'http_version_too_old',
          'too_many_readers',
        ),
      },
    },
    handler: async (request, reply) => {
      if (!chooseMediaType(request.headers.accept, [messagesType])) {
        throw new CodedError('not_acceptable', `Accept ${messagesType}`)
      }
      const { after, follow, heartbeat, epoch } = request.query
      const reader = readers.add(reply.raw, request.caller)
      const signal = openStreams.signalFor(reply.raw)
      const job = await jobs.read(request.tenant, request.params.jobId)
      const range = await announceRange(messages, { jobId: job.jobId, after, epoch })
      if (follow && !range.finalStatus) await requireLastingConnection(reply)
      return sendMessages(reply, { job, range, follow, heartbeatMs: heartbeat * 1000, signal, reader }, dependencies)
    },
  })
}

function addDeleteMessages(app: Api, { jobs }: RouteDependencies): void {
  app.delete('/jobs/:jobId/messages', {
    schema: {
      operationId: 'deleteMessages',
      summary: 'Delete the messages of a job',
      description:
        'For good: the messages, the states in them and the key that opens them. The job stays, with its status and its ' +
        'counts; reading its messages answers `log_gone`. What was not acknowledged before, the next job of the ' +
        'connection delivers again. Deleting once more changes nothing.',
      tags: ['jobs'],
      security: needsApiKey,
      params: jobParameters,
      querystring: epochQuery,
      response: {
        204: Type.Null({ description: 'They are deleted' }),
        ...problemResponses('job_not_found', 'log_rewound', 'job_running'),
      },
    },
    handler: async ({ tenant, params, query }, reply) => {
      await jobs.deleteMessages(tenant, params.jobId, query.epoch)
      return reply.code(204).send(null)
    },
  })
}

export default messageRoutes
