import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { CodedError } from '../../errors.ts'
import { messagesResponse, needsApiKey, problemResponses } from '../bodies/responses.ts'
import { jobParameters, messagesQuery, messagesType } from '../bodies/schemas.ts'
import type { RouteDependencies } from '../dependencies.ts'
import { chooseMediaType } from '../messages/accept.ts'
import { sendMessages } from '../messages/live-messages.ts'
import { readRange } from '../messages/message-stream.ts'

/** Reading the messages of a job from any offset. */
const messageRoutes: FastifyPluginAsyncTypebox<RouteDependencies> = async (app, dependencies) => {
  const { jobs, messages, openStreams } = dependencies

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
          'job_not_found',
          'not_acceptable',
          'log_rewound',
          'log_gone',
          'log_damaged',
          'offset_out_of_range',
        ),
      },
    },
    handler: async (request, reply) => {
      if (!chooseMediaType(request.headers.accept, [messagesType])) {
        throw new CodedError('not_acceptable', `Accept ${messagesType}`)
      }
      const { after, follow, heartbeat, epoch } = request.query
      const signal = openStreams.signalFor(reply.raw)
      const job = await jobs.read(request.tenant, request.params.jobId)
      // One entry is enough to see that the range can be read. After the headers there is no status to say so.
      const start = await readRange(messages, { jobId: job.jobId, after, epoch }, 1)
      const range = { jobId: job.jobId, after, epoch: start.epoch, finalStatus: start.finalStatus }
      return sendMessages(reply, { job, range, follow, heartbeatMs: heartbeat * 1000, signal }, dependencies)
    },
  })
}

export default messageRoutes
