import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { CodedError } from '../../errors.ts'
import { needsNoKey, openProblems } from '../bodies/responses.ts'
import { noQuery } from '../bodies/schemas.ts'
import type { ConsoleFiles } from '../console/console-files.ts'
import { sendConsolePage } from '../console/console-page.ts'
import { chooseMediaType } from '../messages/accept.ts'
import { addVary } from '../requests/content-encoding.ts'

const purpose = 'Syncs Intercom for data teams: Airbyte messages as NDJSON, live and resumable at any message.'

/** Where to go from here. */
const places = { docs: '/docs', openapi: '/openapi.json', health: '/health/ready', api: '/v1' }

const homeSchema = Type.Object({
  name: Type.String(),
  description: Type.String(),
  docs: Type.String({ description: 'A page for people that lists every call' }),
  openapi: Type.String({ description: 'The same for programs' }),
  health: Type.String({ description: 'Whether the service takes jobs' }),
  api: Type.String({ description: 'What the paths of all calls begin with' }),
})

/** What somebody finds who opens the bare address: the console in a browser, JSON everywhere else. */
const homeRoutes: FastifyPluginAsyncTypebox<{ console: ConsoleFiles | undefined }> = async (app, { console }) => {
  const offers = console ? (['application/json', 'text/html'] as const) : (['application/json'] as const)
  app.get('/', {
    config: { isOfConsole: true },
    schema: {
      operationId: 'getHome',
      summary: 'What this is, and where the documentation is',
      tags: ['docs'],
      security: needsNoKey,
      querystring: noQuery,
      response: {
        200: {
          description: 'JSON, or the console, a page for people, as `Accept` says',
          content: { 'application/json': { schema: homeSchema }, 'text/html': { schema: Type.String() } },
        },
        ...openProblems('not_acceptable', 'too_many_requests', 'internal_error', 'overloaded'),
      },
    },
    handler: async (request, reply) => {
      const mediaType = chooseMediaType(request.headers.accept, offers)
      if (!mediaType) throw new CodedError('not_acceptable', `Accept ${offers.join(' or ')}`)
      const { baseUrl } = request
      addVary(reply, 'Accept')
      if (console && mediaType === 'text/html') return sendConsolePage(console.page, request, reply)
      const { docs, openapi, health, api } = places
      return reply.send({
        name: 'intercom-sync',
        description: purpose,
        docs: baseUrl + docs,
        openapi: baseUrl + openapi,
        health: baseUrl + health,
        api: baseUrl + api,
      })
    },
  })
}

export default homeRoutes
