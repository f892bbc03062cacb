import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { connectionSchema } from '../bodies/connection-schemas.ts'
import { describeProblems } from '../bodies/responses.ts'
import {
  catalogMessageSchema,
  connectionStatusMessageSchema,
  jobSchema,
  noQuery,
  problemSchema,
  specMessageSchema,
} from '../bodies/schemas.ts'

/** The OpenAPI document, made from the schemas of all routes registered after this, and a page to read it on. */
export async function addDocs(app: FastifyInstance): Promise<void> {
  app.addSchema(jobSchema)
  app.addSchema(connectionSchema)
  app.addSchema(problemSchema)
  app.addSchema(specMessageSchema)
  app.addSchema(connectionStatusMessageSchema)
  app.addSchema(catalogMessageSchema)
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'intercom-sync',
        version: 'v1',
        description: 'Syncs Intercom for data teams: Airbyte messages as NDJSON, live and resumable at any message.',
      },
      components: { securitySchemes: { apiKey: { type: 'http', scheme: 'bearer' } } },
      tags: [{ name: 'connector' }, { name: 'jobs' }, { name: 'connections' }, { name: 'health' }, { name: 'docs' }],
    },
    refResolver: { buildLocalReference: (schema) => String(schema.$id) },
  })
  await app.register(swaggerUi, { routePrefix: '/docs', staticCSP: true, indexPrefix: '' })
  app.get(
    '/openapi.json',
    {
      schema: {
        operationId: 'getOpenApi',
        summary: 'This document',
        tags: ['docs'],
        querystring: noQuery,
        response: {
          200: {
            description: 'OpenAPI 3.1',
            content: { 'application/json': { schema: Type.Object({}, { additionalProperties: true }) } },
          },
          ...describeProblems(['invalid_request']),
        },
      },
    },
    async () => app.swagger(),
  )
}
