import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Fault } from '../../errors.ts'
import { type RefreshRange, refreshOfConnection } from '../../store/jobs/connection-job.ts'
import { ConnectionChangedError, type StartedJob } from '../../store/jobs/job-store.ts'
import { findStream } from '../../streams/table.ts'
import { connectionParameters, refreshBody } from '../bodies/connection-schemas.ts'
import { toJobBody } from '../bodies/job-body.ts'
import { jobResponse, locationHeader, needsApiKey, problemResponses } from '../bodies/responses.ts'
import { noQuery } from '../bodies/schemas.ts'
import type { RouteDependencies } from '../dependencies.ts'
import { invalidRequest } from '../requests/validation.ts'

/** Delivering rows of a connection once more. */
const connectionRefreshRoutes: FastifyPluginAsyncTypebox<RouteDependencies> = async (app, dependencies) => {
  app.post('/connections/:connectionId/refresh', {
    schema: {
      operationId: 'refreshConnection',
      summary: 'Deliver the rows of a time once more',
      description:
        'Starts a job that reads the rows that were last updated in that time, and delivers them once more, whether they ' +
        'have changed or not. The state is neither read nor moved. Of streams that belong to others, such as ' +
        '`conversation_parts`, the time is that of the parent. Nothing comes that the `start_date` of the connection ' +
        'leaves out.',
      tags: ['connections'],
      security: needsApiKey,
      params: connectionParameters,
      querystring: noQuery,
      body: refreshBody,
      response: {
        202: jobResponse('The job', locationHeader),
        ...problemResponses(
          'malformed_json',
          'body_too_large',
          'unsupported_media_type',
          'connection_not_found',
          'connection_busy',
          'storage_full',
        ),
      },
    },
    handler: async (request, reply) => {
      const { tenant, params, body, baseUrl } = request
      const range = readRange(body)
      const job = await startRefresh(dependencies, tenant, params.connectionId, body.streams, range)
      reply.header('Location', `${baseUrl}/v1/jobs/${job.jobId}`)
      return reply.code(202).send(toJobBody(job, dependencies.clock.now()))
    },
  })
}

/** @throws CodedError `invalid_request` */
function readRange({ since, until }: { since: string; until?: string }): RefreshRange {
  const faults: Fault[] = []
  const read = (name: string, text: string) => {
    const ms = Date.parse(text)
    // Date.parse reads "02-30" as the 1st of March. If a date does not come back unchanged, it does not exist.
    if (!Number.isFinite(ms) || new Date(ms).toISOString() !== text.replace('Z', '.000Z'))
      faults.push({ pointer: `/${name}`, detail: 'must be a UTC date and time such as 2024-01-31T00:00:00Z' })
    return ms / 1000
  }
  const range = { since: read('since', since), ...(until !== undefined && { until: read('until', until) }) }
  if (range.until !== undefined && range.until <= range.since)
    faults.push({ pointer: '/until', detail: 'must be later than since' })
  if (faults.length > 0) throw invalidRequest(faults)
  return range
}

async function startRefresh(
  { jobs, connections }: Pick<RouteDependencies, 'jobs' | 'connections'>,
  tenant: string,
  connectionId: string,
  names: readonly string[],
  range: RefreshRange,
): Promise<StartedJob> {
  // Each further round means that somebody has just changed the connection, so the job begins with what is newer.
  for (;;) {
    const start = await connections.readStart(tenant, connectionId)
    refuseUnreadable(
      names,
      start.catalog.streams.map(({ stream }) => stream.name),
    )
    try {
      return await jobs.create({ tenant, ...refreshOfConnection(start, connectionId, names, range) })
    } catch (error) {
      if (!(error instanceof ConnectionChangedError)) throw error
    }
  }
}

/** @throws CodedError `invalid_request` for streams that cannot be read by time */
function refuseUnreadable(names: readonly string[], known: readonly string[]): void {
  const faults = names.flatMap((name, place): Fault[] => {
    const pointer = `/streams/${place}`
    if (!known.includes(name))
      return [{ pointer, detail: 'is no stream of this connection; add it there, or leave it out' }]
    if (findStream(name)?.cursor) return []
    return [{ pointer, detail: 'has no time of its last update to choose rows by: each sync reads all of it anyway' }]
  })
  if (faults.length > 0) throw invalidRequest(faults)
}

export default connectionRefreshRoutes
