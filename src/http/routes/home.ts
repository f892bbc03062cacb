import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { CodedError } from '../../errors.ts'
import { needsNoKey, openProblems } from '../bodies/responses.ts'
import { noQuery } from '../bodies/schemas.ts'
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

/** Links are relative where the address is not known, so that they also work below the path of a proxy. */
const pageWith = (base: string) => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>intercom-sync</title>
</head>
<body>
<h1>intercom-sync</h1>
<p>${purpose}</p>
<ul>
<li><a href="${base}docs">Every call, with examples</a></li>
<li><a href="${base}openapi.json">The same as an OpenAPI document</a></li>
<li><a href="${base}health/ready">Whether the service takes jobs</a></li>
</ul>
</body>
</html>
`

/** What somebody finds who opens the bare address: a page in a browser, JSON everywhere else. */
const homeRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.get('/', {
    schema: {
      operationId: 'getHome',
      summary: 'What this is, and where the documentation is',
      tags: ['docs'],
      security: needsNoKey,
      querystring: noQuery,
      response: {
        200: {
          description: 'JSON, or a page for people, as `Accept` says',
          content: { 'application/json': { schema: homeSchema }, 'text/html': { schema: Type.String() } },
        },
        ...openProblems('not_acceptable', 'too_many_requests', 'internal_error', 'overloaded'),
      },
    },
    handler: async (request, reply) => {
      const mediaType = chooseMediaType(request.headers.accept, ['application/json', 'text/html'])
      if (!mediaType) throw new CodedError('not_acceptable', 'Accept application/json or text/html')
      const { baseUrl } = request
      addVary(reply, 'Accept')
      if (mediaType === 'text/html') {
        return reply.type('text/html; charset=utf-8').send(pageWith(baseUrl && `${baseUrl}/`))
      }
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
