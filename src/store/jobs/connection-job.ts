import type { ConfiguredCatalog } from '../../airbyte/catalog.ts'
import { type SourceConfig, startSeconds } from '../../airbyte/source-config.ts'
import type { StreamStates } from '../../airbyte/state/stream-states.ts'
import { digestOfJson } from '../../json/digest.ts'
import { isObject } from '../../json-object.ts'
import { EVERY_STREAM } from '../../streams/every-stream.ts'
import { parseSyncRequest, type SyncRequest, type SyncRequestBody, skipping } from '../../sync/contract/sync-request.ts'
import type { ConnectionStart } from '../connections/connection-store.ts'
import type { ConnectionOfJob, NewJob } from './job-store.ts'

/** What a job of a connection is asked to do; what is left out comes from the connection. */
interface ConnectionJobBody extends Omit<SyncRequestBody, 'config'> {
  connectionId: string
}

/** A job of a connection, as it is made. @throws CodedError `invalid_request` */
export function jobOfConnection(
  start: ConnectionStart,
  body: ConnectionJobBody,
): Required<Pick<NewJob, 'connection' | 'request'>> {
  // The same body asks for another job once the connection has other settings.
  const asked = { ...body, config: start.config, connectionCatalog: start.catalog, ...skippingOf(start, body) }
  return { connection: connectionOf(start, body.connectionId, asked), request: requestOfConnection(start, body) }
}

/** Which rows a full refresh delivers. Unix seconds. */
export interface RefreshRange {
  /** Those updated at this time, and later. */
  since: number
  /** Those updated before. @defaultValue all */
  until?: number
}

/**
 * A full refresh of some streams of a connection, beside its syncs. Streams that its catalog no longer has are left out.
 *
 * @param range @defaultValue all rows that the connection has
 */
export function refreshOfConnection(
  start: ConnectionStart,
  connectionId: string,
  names: readonly string[],
  range?: RefreshRange,
): Required<Pick<NewJob, 'connection' | 'request' | 'jobType'>> {
  const { states: _, generation: __, ...settings } = start
  const chosen = start.catalog.streams.filter(({ stream }) => names.includes(stream.name))
  const catalog = { streams: chosen.map((stream) => ({ ...stream, sync_mode: 'full_refresh' as const })) }
  const asked = { connectionId, ...settings, fullRefresh: names, ...range }
  const bounds = range && { config: startingAt(start.config, range.since), ...withUntil(range) }
  return {
    jobType: 'refresh',
    connection: connectionOf(start, connectionId, asked),
    request: { ...settings, ...bounds, catalog, states: {} },
  }
}

/** What the connection leaves out stays left out. */
function startingAt(config: SourceConfig, since: number): SourceConfig {
  if (startSeconds(config) >= since) return config
  return { ...config, start_date: new Date(since * 1000).toISOString().replace('.000Z', 'Z') }
}

function withUntil({ until }: RefreshRange): Pick<SyncRequest, 'until'> {
  return until === undefined ? {} : { until }
}

function connectionOf({ generation }: ConnectionStart, connectionId: string, asked: object): ConnectionOfJob {
  return { connectionId, generation, bodyDigest: digestOfJson(asked) }
}

/** The request in the body; members that are left out come from the connection. */
function requestOfConnection(start: ConnectionStart, body: ConnectionJobBody): SyncRequest {
  const { catalog, streams, state } = body
  const isStored = catalog === undefined && streams === undefined
  const chosen = isStored ? { catalog: start.catalog } : { catalog, streams }
  const asked = { config: start.config, ...chosen, state, ...skippingOf(start, body) }
  // A later version may have stored the catalog. What a person names must be there.
  const request = parseSyncRequest(asked, isStored ? 'keep' : 'refuse')
  request.catalog = { streams: request.catalog.streams.map((stream) => asConfigured(stream, start.catalog, streams)) }
  const { workspaceId } = start
  const whose = workspaceId === undefined ? {} : { workspaceId }
  if (state !== undefined && state !== null) return { ...request, ...whose }
  return { ...request, ...whose, states: statesToGoOnFrom(start.states, request.catalog) }
}

/** The body decides about streams that the token may not read; else the connection. */
function skippingOf(start: ConnectionStart, body: ConnectionJobBody): Pick<SyncRequest, 'onMissingPermission'> {
  return skipping({ onMissingPermission: body.onMissingPermission ?? start.onMissingPermission })
}

/** A stream that is only named, or that `*` brings, is read in the way the connection's catalog says. */
function asConfigured(
  stream: ConfiguredCatalog['streams'][number],
  { streams }: ConfiguredCatalog,
  shorthand: unknown,
): ConfiguredCatalog['streams'][number] {
  const wishes: unknown[] = Array.isArray(shorthand) ? shorthand : []
  const { only_if_permitted } = stream
  const name = only_if_permitted ? EVERY_STREAM : stream.stream.name
  const isOnlyNamed = wishes.some(
    (wish) => wish === name || (isObject(wish) && wish.name === name && wish.syncMode === undefined),
  )
  const known = streams.find((configured) => configured.stream.name === stream.stream.name)
  if (!isOnlyNamed || !known) return stream
  const { only_if_permitted: _, ...configured } = known
  return { ...configured, ...(only_if_permitted && { only_if_permitted }) }
}

/** A full refresh starts from the beginning with every job of a connection. */
function statesToGoOnFrom(states: StreamStates, { streams }: ConfiguredCatalog): StreamStates {
  const incremental = streams.filter(({ sync_mode }) => sync_mode === 'incremental')
  const names = new Set(incremental.map(({ stream }) => stream.name))
  return Object.fromEntries(Object.entries(states).filter(([name]) => names.has(name)))
}
