import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { type Static, Type } from 'typebox'
import { type ApiVersion, apiVersions, defaultApiVersion } from '../../airbyte/config-members.ts'
import { keyMembersOf } from '../../streams/key.ts'
import { parentOf } from '../../streams/parent.ts'
import { rootOf, type StreamEntry, sourcesOf } from '../../streams/table.ts'
import { streamsOfVersion } from '../../streams/versions.ts'
import { needsApiKey, problemResponses } from '../bodies/responses.ts'

const streamListQuery = Type.Object(
  {
    apiVersion: Type.Optional(
      Type.String({
        enum: [...apiVersions],
        description: `The \`api_version\` of the config that will read them. Left out: ${defaultApiVersion}`,
      }),
    ),
  },
  { additionalProperties: false },
)

const streamSchema = Type.Object({
  name: Type.String(),
  syncModes: Type.Array(Type.String({ enum: ['incremental', 'full_refresh'] })),
  primaryKey: Type.Array(Type.String(), { description: 'Members of the key of its records, in order' }),
  cursor: Type.Optional(
    Type.String({ description: 'The member that a sync goes on behind; absent where it reads all' }),
  ),
  optIn: Type.Boolean({ description: 'Whether it is read only when it is named' }),
  permissions: Type.Array(Type.String(), {
    description: "What the token needs, in the words of Intercom's Developer Hub",
  }),
  parentStream: Type.Optional(Type.String({ description: 'The stream whose records these belong to' })),
  requestPerParent: Type.Boolean({ description: 'Whether each of those records, or most of them, costs a request' }),
})

/** What there is to read, and what each stream asks of a token. Intercom is not asked. */
const streamListRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.get('/streams', {
    schema: {
      operationId: 'listStreams',
      summary: 'List what can be read, with permissions and costs',
      description:
        'Without schemas: `POST /v1/discover` has those. Which of them a token may read is what a check tells.',
      tags: ['connector'],
      security: needsApiKey,
      querystring: streamListQuery,
      response: {
        200: {
          description: "All streams that a version of Intercom's API has, by name",
          content: { 'application/json': { schema: Type.Object({ data: Type.Array(streamSchema) }) } },
        },
        ...problemResponses(),
      },
    },
    handler: async ({ query: { apiVersion } }) => {
      const version: ApiVersion | undefined = apiVersions.find((one) => one === apiVersion)
      const data = streamsOfVersion(version).map(describeStream)
      return { data: data.toSorted((one, other) => (one.name < other.name ? -1 : 1)) }
    },
  })
}

function describeStream(entry: StreamEntry): Static<typeof streamSchema> {
  const { name, cursor, optIn = false, child } = entry
  const parent = parentOf(name)
  return {
    name,
    syncModes: cursor ? ['incremental', 'full_refresh'] : ['full_refresh'],
    primaryKey: keyMembersOf(name),
    ...(cursor && { cursor }),
    optIn,
    permissions: [...new Set(sourcesOf(entry).flatMap((source) => [rootOf(source).scope, source.scope]))],
    ...(parent && { parentStream: parent.name }),
    requestPerParent: child !== undefined && !child.inline,
  }
}

export default streamListRoutes
