import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { CodedError } from '../../errors.ts'
import { refuseOtherJob } from '../../store/log/log-epoch.ts'
import { toJobBody } from '../bodies/job-body.ts'
import { repeatOf } from '../bodies/repeats.ts'
import { jobResponse, locationHeader, messagesResponse, needsApiKey, problemResponses } from '../bodies/responses.ts'
import {
  epochQuery,
  jobParameters,
  jobQuery,
  longestWait,
  messagesType,
  newJobBody,
  newJobHeaders,
  newJobQuery,
} from '../bodies/schemas.ts'
import { startJobFromBody } from '../bodies/start-job.ts'
import type { RouteDependencies } from '../dependencies.ts'
import type { Api } from '../instance.ts'
import { chooseMediaType } from '../messages/accept.ts'
import { announceRange } from '../messages/announced-range.ts'
import { requireLastingConnection, sendMessages } from '../messages/live-messages.ts'
import { addVary } from '../requests/content-encoding.ts'
import { halfClosedSignal } from '../requests/half-closed.ts'

/** Redis may go back in time just after a job was made. To the caller, who named no job, that means: send it again. */
function asLost(error: unknown): never {
  const isLost = error instanceof CodedError && (error.code === 'job_not_found' || error.code === 'log_rewound')
  if (!isLost) throw error
  throw new CodedError('store_unavailable', 'Redis has lost the job that was just started: send the request again')
}

/** Starting, watching and cancelling jobs. */
const jobRoutes: FastifyPluginAsyncTypebox<RouteDependencies> = async (app, dependencies) => {
  addCreateJob(app, dependencies)
  addGetJob(app, dependencies)
  addCancelJob(app, dependencies)
}

function addCreateJob(app: Api, dependencies: RouteDependencies): void {
  const { messages, clock, openStreams, readers } = dependencies
  app.post('/jobs', {
    schema: {
      operationId: 'createJob',
      summary: 'Start a job',
      description:
        `With \`Accept: ${messagesType}\` the answer is the messages, live; the job is then cancelled when it has had ` +
        'no reader for `grace` seconds, unless `detach` is set. A job that was there before (`Idempotency-Key`, ' +
        '`onConflict=join`) lives by the longest grace of its callers, and without readers once one of them wants that.',
      tags: ['jobs'],
      security: needsApiKey,
      headers: newJobHeaders,
      querystring: newJobQuery,
      body: newJobBody,
      response: {
        200: messagesResponse(locationHeader),
        202: jobResponse('The job', locationHeader),
        ...problemResponses(
          'half_closed',
          'malformed_json',
          'connection_not_found',
          'connection_busy',
          'storage_full',
          'idempotency_key_reused',
          'log_gone',
          'log_damaged',
          'not_acceptable',
          'body_too_large',
          'unsupported_media_type',
          'http_version_too_old',
          'too_many_readers',
        ),
      },
    },
    handler: async (request, reply) => {
      const mediaType = chooseMediaType(request.headers.accept, ['application/json', messagesType])
      if (!mediaType) throw new CodedError('not_acceptable', `Accept application/json or ${messagesType}`)
      const { grace, detach, onConflict, heartbeat } = request.query
      const key = request.headers['idempotency-key']
      const isLive = mediaType === messagesType
      if (isLive) await requireLastingConnection(reply)
      const reader = isLive ? readers.add(reply.raw, request.caller) : undefined
      const signal = openStreams.signalFor(reply.raw)
      const start = async () => {
        const job = await startJobFromBody(dependencies, request.body, {
          tenant: request.tenant,
          joinActive: onConflict === 'join',
          ...(key !== undefined && { repeat: repeatOf(key, request.body) }),
          ...(isLive && !detach && { graceMs: grace * 1000 }),
        })
        if (!reader) return { job }
        // A job from before may have lost its messages. After the headers there is no status to say so.
        const range = await announceRange(messages, { jobId: job.jobId, after: 0, epoch: job.logEpoch })
        return { job, live: { range, reader } }
      }
      const { job, live } = await start().catch(asLost)
      reply.header('Location', `${request.baseUrl}/v1/jobs/${job.jobId}`)
      addVary(reply, 'Accept')
      if (job.isOlder) reply.header('Idempotent-Replayed', 'true')
      if (!live) return reply.code(202).send(toJobBody(job, clock.now()))
      return sendMessages(reply, { job, ...live, follow: true, heartbeatMs: heartbeat * 1000, signal }, dependencies)
    },
  })
}

function addGetJob(app: Api, { jobs, clock, closing, openStreams }: RouteDependencies): void {
  app.get('/jobs/:jobId', {
    schema: {
      operationId: 'getJob',
      summary: 'Read a job',
      tags: ['jobs'],
      security: needsApiKey,
      params: jobParameters,
      querystring: jobQuery,
      response: { 200: jobResponse('The job'), ...problemResponses('job_not_found', 'log_rewound') },
    },
    handler: async (request, reply) => {
      const { tenant, params, query } = request
      const signal = openStreams.signalFor(reply.raw)
      const job = await jobs.read(tenant, params.jobId, query.epoch)
      const waitMs = Math.min(query.wait, longestWait) * 1000
      if (waitMs === 0) return toJobBody(job, clock.now())
      const halfClosed = halfClosedSignal(reply.raw)
      const until = AbortSignal.any([signal, halfClosed])
      const waited = jobs.readWhenChanged(tenant, params.jobId, waitMs, until).catch((error: unknown) => {
        // A shutdown ends the wait early, and so does a client that has probably left: the answer is the job as it is.
        if (!closing.aborted && !halfClosed.aborted) throw error
        return jobs.read(tenant, params.jobId, query.epoch)
      })
      const changed = await waited
      // Redis may have gone back in time meanwhile, and given the id to another job.
      refuseOtherJob(changed, query.epoch)
      return toJobBody(changed, clock.now())
    },
  })
}

function addCancelJob(app: Api, { jobs, clock }: RouteDependencies): void {
  app.delete('/jobs/:jobId', {
    schema: {
      operationId: 'cancelJob',
      summary: 'Cancel a job',
      description:
        'A job that runs is cancelled as soon as its worker notices; read it with `wait` to see it end. With `epoch` no ' +
        'other job is cancelled that has got its id.',
      tags: ['jobs'],
      security: needsApiKey,
      params: jobParameters,
      querystring: epochQuery,
      response: { 200: jobResponse('The job'), ...problemResponses('job_not_found', 'log_rewound', 'job_ended') },
    },
    handler: async ({ tenant, params, query }) =>
      toJobBody(await jobs.cancel(tenant, params.jobId, query.epoch), clock.now()),
  })
}

export default jobRoutes
