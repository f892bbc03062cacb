import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { isJobStatus } from '../../store/job.ts'
import { toJobBody } from '../bodies/job-body.ts'
import { jobListQuery, listOf } from '../bodies/list-schemas.ts'
import { needsApiKey, problemResponses } from '../bodies/responses.ts'
import { jobParameters } from '../bodies/schemas.ts'
import { jobStateQuery, statesSchema, toStatesBody } from '../bodies/state-schemas.ts'
import type { RouteDependencies } from '../dependencies.ts'

/** Finding jobs, and the states from which a next job can continue. */
const jobListRoutes: FastifyPluginAsyncTypebox<RouteDependencies> = async (app, { jobs, clock }) => {
  app.get('/jobs', {
    schema: {
      operationId: 'listJobs',
      summary: 'List jobs, newest first',
      description: 'A page may hold fewer items than `limit`, even none. Continue as long as there is a `next`.',
      tags: ['jobs'],
      security: needsApiKey,
      querystring: jobListQuery,
      response: {
        200: {
          description: 'A page of the list',
          content: { 'application/json': { schema: listOf(Type.Ref('Job')) } },
        },
        ...problemResponses(),
      },
    },
    handler: async ({ tenant, query }) => {
      const { status, connectionId, limit, cursor } = query
      const page = await jobs.list(tenant, {
        limit,
        ...(status !== undefined && isJobStatus(status) && { status }),
        ...(connectionId !== undefined && { connectionId }),
        ...(cursor !== undefined && { cursor }),
      })
      const now = clock.now()
      return { data: page.items.map((job) => toJobBody(job, now)), ...(page.next && { next: page.next }) }
    },
  })

  app.get('/jobs/:jobId/state', {
    schema: {
      operationId: 'readJobState',
      summary: 'Read the states that the messages held lead to',
      description:
        'The last state of each stream at or before `at`, or the one the job began with. It can be given as the `state` of ' +
        'the next job as it is. A job that succeeded gives none for full-refresh streams: the next one reads them anew.',
      tags: ['jobs'],
      security: needsApiKey,
      params: jobParameters,
      querystring: jobStateQuery,
      response: {
        200: { description: 'Airbyte state messages', content: { 'application/json': { schema: statesSchema } } },
        ...problemResponses(
          'job_not_found',
          'job_running',
          'log_rewound',
          'log_gone',
          'log_damaged',
          'offset_out_of_range',
        ),
      },
    },
    handler: async ({ tenant, params, query }) =>
      toStatesBody(await jobs.readStates(tenant, params.jobId, query.at, query.epoch)),
  })
}

export default jobListRoutes
