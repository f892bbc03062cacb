import type { ConfiguredCatalog } from '../../airbyte/catalog.ts'
import type { StreamStates } from '../../airbyte/state/stream-states.ts'
import { isObject } from '../../json-object.ts'
import type { ConnectionStart } from '../../store/connections/connection-store.ts'
import { ConnectionChangedError, type NewJob, type StartedJob } from '../../store/jobs/job-store.ts'
import { parseSyncRequest, type SyncRequest, type SyncRequestBody, skipping } from '../../sync/contract/sync-request.ts'
import type { RouteDependencies } from '../dependencies.ts'
import { invalidRequest } from '../requests/validation.ts'
import { restoreSecrets } from './connection-body.ts'
import { digestOfBody } from './repeats.ts'

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
export async function startJob(
  { jobs, connections }: Pick<RouteDependencies, 'jobs' | 'connections'>,
  newJob: NewJobBody,
  options: StartOptions,
): Promise<StartedJob> {
  const { connectionId, ...body } = newJob
  const repeated = options.repeat && (await jobs.findRepeated(options.tenant, options.repeat, options.graceMs))
  if (repeated) return repeated
  if (connectionId === undefined) return jobs.create({ ...options, request: requestOfItsOwn(body) })
  if (body.config !== undefined) {
    throw invalidRequest([{ pointer: '/config', detail: 'cannot be given together with connectionId; remove one' }])
  }
  // Each further round means that somebody has just changed the connection, so the job begins with its newer state.
  for (;;) {
    const start = await connections.readStart(options.tenant, connectionId)
    // The same body asks for another job once the connection has other settings.
    const asked = { ...newJob, config: start.config, connectionCatalog: start.catalog, ...skippingOf(start, body) }
    const connection = { connectionId, generation: start.generation, bodyDigest: digestOfBody(asked) }
    try {
      return await jobs.create({ ...options, connection, request: requestOfConnection(start, body) })
    } catch (error) {
      if (!(error instanceof ConnectionChangedError)) throw error
    }
  }
}

function requestOfItsOwn(body: SyncRequestBody): SyncRequest {
  if (body.config === undefined) {
    throw invalidRequest([{ pointer: '/config', detail: 'is required, unless connectionId is given' }])
  }
  return parseSyncRequest({ ...body, config: restoreSecrets(body.config, undefined) })
}

/** The request in the body; members that are left out come from the connection. */
function requestOfConnection(start: ConnectionStart, body: SyncRequestBody): SyncRequest {
  const { catalog, streams, state } = body
  const isStored = catalog === undefined && streams === undefined
  const chosen = isStored ? { catalog: start.catalog } : { catalog, streams }
  const asked = { config: start.config, ...chosen, state, ...skippingOf(start, body) }
  // A later version may have stored the catalog. What a person names must be there.
  const request = parseSyncRequest(asked, isStored ? 'keep' : 'refuse')
  request.catalog = { streams: request.catalog.streams.map((stream) => asConfigured(stream, start.catalog, streams)) }
  if (state !== undefined && state !== null) return request
  return { ...request, states: statesToGoOnFrom(start.states, request.catalog) }
}

/** The body decides about streams that the token may not read; else the connection. */
function skippingOf(start: ConnectionStart, body: SyncRequestBody): Pick<SyncRequest, 'onMissingPermission'> {
  return skipping({ onMissingPermission: body.onMissingPermission ?? start.onMissingPermission })
}

/** A stream that is only named is read in the way the connection's catalog says. */
function asConfigured(
  stream: ConfiguredCatalog['streams'][number],
  { streams }: ConfiguredCatalog,
  shorthand: unknown,
): ConfiguredCatalog['streams'][number] {
  const wishes: unknown[] = Array.isArray(shorthand) ? shorthand : []
  const { name } = stream.stream
  const isOnlyNamed = wishes.some(
    (wish) => wish === name || (isObject(wish) && wish.name === name && wish.syncMode === undefined),
  )
  return (isOnlyNamed && streams.find((configured) => configured.stream.name === name)) || stream
}

/** A full refresh starts from the beginning with every job of a connection. */
function statesToGoOnFrom(states: StreamStates, { streams }: ConfiguredCatalog): StreamStates {
  const incremental = streams.filter(({ sync_mode }) => sync_mode === 'incremental')
  const names = new Set(incremental.map(({ stream }) => stream.name))
  return Object.fromEntries(Object.entries(states).filter(([name]) => names.has(name)))
}
