import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { ConfiguredCatalog } from '../../airbyte/catalog.ts'
import {
  catalogMessage,
  connectionStatusMessage,
  specMessage,
  unusableConfig,
} from '../../airbyte/connector-messages.ts'
import { readSourceConfig, type SourceConfig } from '../../airbyte/source-config.ts'
import type { Fault } from '../../errors.ts'
import { isObject } from '../../json-object.ts'
import { createRedact } from '../../redaction.ts'
import { examineConnection } from '../../streams/check-connection.ts'
import { discoverStreams, listStreams } from '../../streams/discover.ts'
import { resolveEvery } from '../../streams/every-stream.ts'
import { unreadableStreams } from '../../streams/refusals.ts'
import { readSelection } from '../../streams/selection.ts'
import { streamsOfVersion } from '../../streams/versions.ts'
import { restoreSecrets } from '../bodies/connection-body.ts'
import { type CheckAnswer, checkBody, discoverBody } from '../bodies/connector-schemas.ts'
import { messageResponse, needsApiKey, problemResponses } from '../bodies/responses.ts'
import { noQuery } from '../bodies/schemas.ts'
import type { RouteDependencies } from '../dependencies.ts'
import type { Api } from '../instance.ts'
import { type AskIntercom, createAskIntercom } from '../requests/ask-intercom.ts'
import { closeWhenHalfClosedLater } from '../requests/half-closed.ts'
import { invalidRequest } from '../requests/validation.ts'

/** Airbyte's spec, check and discover, each answered with its one message. */
const connectorRoutes: FastifyPluginAsyncTypebox<RouteDependencies> = async (app, dependencies) => {
  const askIntercom = createAskIntercom(dependencies)
  addSpec(app)
  addCheck(app, dependencies, askIntercom)
  addDiscover(app, dependencies, askIntercom)
}

function addSpec(app: Api): void {
  app.get('/spec', {
    schema: {
      operationId: 'getSpec',
      summary: 'What a config may hold',
      tags: ['connector'],
      security: needsApiKey,
      querystring: noQuery,
      response: { 200: messageResponse('SpecMessage', 'A SPEC message'), ...problemResponses() },
    },
    handler: async () => specMessage(),
  })
}

function addCheck(app: Api, { openStreams, connections }: RouteDependencies, askIntercom: AskIntercom): void {
  app.post('/check', {
    schema: {
      operationId: 'checkConnection',
      summary: 'Check a config, or a connection',
      description:
        'FAILED for a config or a token that cannot be used, and when a stream named in `streams` cannot be read. ' +
        'Otherwise SUCCEEDED, with a message that tells what the token leads to and which streams it cannot read. ' +
        'It takes about ten requests to Intercom. When no usable answer comes for 10 s (13 s if the rate limit is about to ' +
        'let a request pass), this is answered with 503, which says what was seen. Where Intercom says that a permission is ' +
        'missing, it is asked once more ten seconds later, so that it takes 25 s at most. With `connectionId` only the ' +
        'streams of that connection are tried, and it fails when its token leads to another workspace than its data is of.',
      tags: ['connector'],
      security: needsApiKey,
      querystring: noQuery,
      body: checkBody,
      response: {
        200: messageResponse('ConnectionStatusMessage', 'A CONNECTION_STATUS message'),
        ...problemResponses(
          'malformed_json',
          'connection_not_found',
          'body_too_large',
          'unsupported_media_type',
          'intercom_unavailable',
          'intercom_protocol',
        ),
      },
    },
    handler: async ({ tenant, body }, reply) => {
      const { connectionId, config: given } = body
      if (given !== undefined && !isObject(given)) {
        throw invalidRequest([{ pointer: '/config', detail: 'must be an object' }])
      }
      const asked = readWanted(body.streams)
      refuseUnlessOne(given, connectionId)
      const signal = openStreams.signalFor(reply.raw)
      await closeWhenHalfClosedLater(reply.raw)
      const check = async (config: SourceConfig, ofConnection?: ConfiguredCatalog, workspaceId?: string) => {
        const { wanted, read } = streamsToCheck(config, asked, ofConnection, body.everyStream)
        const found = await askIntercom(signal, config, (client) =>
          examineConnection(client, config, wanted, read, workspaceId),
        )
        const { status, message } = found
        return { ...connectionStatusMessage({ status, message }), ...findingsOf(found, config) }
      }
      if (connectionId !== undefined) {
        const { config, catalog, workspaceId } = await connections.readStart(tenant, connectionId)
        return check(config, catalog, workspaceId)
      }
      const faults: Fault[] = []
      const config = readSourceConfig(restoreSecrets(given, undefined), '', faults)
      return config ? check(config) : connectionStatusMessage(unusableConfig(faults))
    },
  })
}

function addDiscover(app: Api, { openStreams, connections }: RouteDependencies, askIntercom: AskIntercom): void {
  app.post('/discover', {
    // Everything may be left out, even the body.
    preValidation: async (request) => {
      request.body ??= {}
    },
    schema: {
      operationId: 'discoverStreams',
      summary: 'List the streams',
      description:
        "With a config, or a connection, `custom_attributes` are typed from the workspace's data attributes.",
      tags: ['connector'],
      security: needsApiKey,
      querystring: noQuery,
      body: discoverBody,
      response: {
        200: messageResponse('CatalogMessage', 'A CATALOG message'),
        ...problemResponses(
          'malformed_json',
          'token_invalid',
          'connection_not_found',
          'body_too_large',
          'unsupported_media_type',
          'intercom_unavailable',
          'intercom_protocol',
          'intercom_rejected',
        ),
      },
    },
    handler: async ({ tenant, body }, reply) => {
      const { connectionId, config: given } = body
      if (given === undefined && connectionId === undefined) return catalogMessage(listStreams())
      refuseUnlessOne(given, connectionId)
      const config =
        connectionId === undefined ? readGiven(given) : (await connections.readStart(tenant, connectionId)).config
      const signal = openStreams.signalFor(reply.raw)
      await closeWhenHalfClosedLater(reply.raw)
      return catalogMessage(await askIntercom(signal, config, (client) => discoverStreams(client, config)))
    },
  })
}

/** @throws CodedError `invalid_request` */
function readGiven(given: unknown): SourceConfig {
  const faults: Fault[] = []
  const config = readSourceConfig(restoreSecrets(given, undefined), '/config', faults)
  if (!config) throw invalidRequest(faults)
  return config
}

/** @throws CodedError `invalid_request` */
function refuseUnlessOne(config: unknown, connectionId: string | undefined): void {
  if ((config === undefined) !== (connectionId === undefined)) return
  const detail = config ? 'cannot be given together with connectionId; remove one' : 'or connectionId is required'
  throw invalidRequest([{ pointer: '/config', detail }])
}

/** @throws CodedError `invalid_request` for names that no stream has */
function readWanted(streams: unknown): ConfiguredCatalog {
  if (streams === undefined || (Array.isArray(streams) && streams.length === 0)) return { streams: [] }
  const faults: Fault[] = []
  const selection = readSelection({ streams }, faults)
  if (faults.length > 0) throw invalidRequest(faults)
  return selection
}

/** What Intercom says of itself may echo what was sent. */
function findingsOf(
  { connection, refusals }: Awaited<ReturnType<typeof examineConnection>>,
  config: SourceConfig,
): CheckAnswer {
  const redact = createRedact(config)
  const unreadable = unreadableStreams(refusals).map((stream) => ({ ...stream, detail: redact(stream.detail) }))
  if (!connection) return { unreadableStreams: unreadable }
  const { workspace, version, rateLimit } = connection
  const { id, region, timezone } = workspace
  const told = {
    ...(id !== undefined && { workspaceId: redact(id) }),
    ...(region !== undefined && { region: redact(region) }),
    ...(timezone !== undefined && { timeZone: redact(timezone) }),
    apiVersion: redact(version),
    ...(rateLimit !== undefined && { rateLimit }),
  }
  return { workspace: told, unreadableStreams: unreadable }
}

/** The streams that must be readable, and those that syncs read: a stream that `*` brings may be left out. */
function streamsToCheck(
  { api_version }: SourceConfig,
  asked: ConfiguredCatalog,
  ofConnection: ConfiguredCatalog | undefined,
  isEveryTried = false,
): { wanted: string[]; read: string[] | undefined } {
  const { streams } = resolveEvery(asked, api_version)
  const namesOf = (catalog: ConfiguredCatalog) => catalog.streams.map(({ stream }) => stream.name)
  const wanted = streams.filter(({ only_if_permitted }) => !only_if_permitted)
  if (isEveryTried)
    return { wanted: namesOf({ streams: wanted }), read: streamsOfVersion(api_version).map(({ name }) => name) }
  const hasEvery = wanted.length < streams.length
  const read = hasEvery ? [...namesOf({ streams }), ...namesOf(ofConnection ?? { streams: [] })] : undefined
  return { wanted: namesOf({ streams: wanted }), read: read ?? (ofConnection && namesOf(ofConnection)) }
}

export default connectorRoutes
