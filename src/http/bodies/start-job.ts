import { jobOfConnection } from '../../store/jobs/connection-job.ts'
import { ConnectionChangedError, type NewJob, type StartedJob } from '../../store/jobs/job-store.ts'
import { parseSyncRequest, type SyncRequest, type SyncRequestBody } from '../../sync/contract/sync-request.ts'
import type { RouteDependencies } from '../dependencies.ts'
import { invalidRequest } from '../requests/validation.ts'
import { restoreSecrets } from './connection-body.ts'

type StartOptions = Omit<NewJob, 'request' | 'connection'>

interface NewJobBody extends SyncRequestBody {
  connectionId?: string
}

/**
 * Starts a job from a body with its own config, or for a connection. A request that is sent again gets the job of the
 * first one, even if that job or its connection has changed since.
 *
 * @throws CodedError `invalid_request`, `connection_not_found`, `connection_busy`, `idempotency_key_reused`
 */
export async function startJobFromBody(
  { jobs, connections }: Pick<RouteDependencies, 'jobs' | 'connections'>,
  newJob: NewJobBody,
  options: StartOptions,
): Promise<StartedJob> {
  const repeated = options.repeat && (await jobs.findRepeated(options.tenant, options.repeat, options.graceMs))
  if (repeated) return repeated
  const { connectionId, ...body } = newJob
  if (connectionId === undefined) return jobs.create({ ...options, request: requestOfItsOwn(body) })
  refuseConfig(body)
  // Each further round means that somebody has just changed the connection, so the job begins with its newer state.
  for (;;) {
    const start = await connections.readStart(options.tenant, connectionId)
    try {
      return await jobs.create({ ...options, ...jobOfConnection(start, { ...body, connectionId }) })
    } catch (error) {
      if (!(error instanceof ConnectionChangedError)) throw error
    }
  }
}

/**
 * What a job of this body would be asked to do, without starting one.
 *
 * @throws CodedError `invalid_request`, `connection_not_found`
 */
export async function readRequest(
  { connections }: Pick<RouteDependencies, 'connections'>,
  { connectionId, ...body }: NewJobBody,
  tenant: string,
): Promise<SyncRequest> {
  if (connectionId === undefined) return requestOfItsOwn(body)
  refuseConfig(body)
  return jobOfConnection(await connections.readStart(tenant, connectionId), { ...body, connectionId }).request
}

/** @throws CodedError `invalid_request` */
function refuseConfig({ config }: SyncRequestBody): void {
  if (config === undefined) return
  throw invalidRequest([{ pointer: '/config', detail: 'cannot be given together with connectionId; remove one' }])
}

function requestOfItsOwn(body: SyncRequestBody): SyncRequest {
  if (body.config === undefined) {
    throw invalidRequest([{ pointer: '/config', detail: 'is required, unless connectionId is given' }])
  }
  return parseSyncRequest({ ...body, config: restoreSecrets(body.config, undefined) })
}
