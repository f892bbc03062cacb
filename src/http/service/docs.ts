import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { connectionSchema } from '../bodies/connection-schemas.ts'
import { catalogMessageSchema, connectionStatusMessageSchema, specMessageSchema } from '../bodies/connector-schemas.ts'
import { payloadSchemas } from '../bodies/payload-schemas.ts'
import { needsNoKey, openProblems } from '../bodies/responses.ts'
import { jobSchema, noQuery, problemSchema } from '../bodies/schemas.ts'
import { estimateSchema } from '../estimate/estimate-schemas.ts'
import { recordPageSchema } from '../records/record-schemas.ts'
import { signInBody } from '../sign-in/sign-in-schemas.ts'
import { deliverySchema } from '../webhooks/webhook-schemas.ts'

const sharedSchemas = [
  jobSchema,
  connectionSchema,
  deliverySchema,
  signInBody,
  problemSchema,
  specMessageSchema,
  connectionStatusMessageSchema,
  catalogMessageSchema,
  estimateSchema,
  recordPageSchema,
  ...payloadSchemas,
]

const openapi = {
  openapi: '3.1.0',
  info: {
    title: 'intercom-sync',
    version: 'v1',
    description: 'Syncs Intercom for data teams: Airbyte messages as NDJSON, live and resumable at any message.',
    license: { name: 'MIT', identifier: 'MIT' },
  },
  servers: [
    { url: '/', description: 'The service that this document comes from' },
    { url: 'http://127.0.0.1:8080', description: 'The service as `npm start` runs it' },
  ],
  components: {
    securitySchemes: {
      apiKey: {
        type: 'http' as const,
        scheme: 'bearer',
        description: 'An API key of the service. A service on loopback that has none asks for none',
      },
    },
  },
  tags: [
    { name: 'connector', description: "Airbyte's spec, check and discover, and an estimate of a sync" },
    { name: 'jobs', description: 'Starting syncs, watching them, reading their messages' },
    { name: 'connections', description: 'What is synced again and again, and where the next job continues' },
    { name: 'sign-in', description: 'Connecting by signing in at Intercom (OAuth), without an access token to paste' },
    { name: 'health', description: 'For operators' },
    { name: 'docs', description: 'What this service is' },
  ],
}

/** Swagger's page. Its package is bundled, so that it is loaded quickly, but the files of the page lie in the package. */
const pageFiles = join(dirname(fileURLToPath(import.meta.resolve('@fastify/swagger-ui'))), 'static')

/** The page's own sign: Swagger's would say that this is Swagger. */
const sign = Buffer.from(
  '<svg xmlns="http://www.w3.org/2000/svg" width="180" height="40"><text y="27" font-family="sans-serif" ' +
    'font-size="22" fill="#fff">intercom-sync</text></svg>',
)
const icon = Buffer.from(
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><circle cx="8" cy="8" r="8" fill="#1b1b1b"/>' +
    '<text x="8" y="12" font-family="sans-serif" font-size="10" fill="#fff" text-anchor="middle">is</text></svg>',
)

/** The OpenAPI document, made from the schemas of all routes registered after this, and a page to read it on. */
export async function addDocs(app: FastifyInstance): Promise<void> {
  for (const schema of sharedSchemas) app.addSchema(schema)
  await app.register(swagger, { openapi, refResolver: { buildLocalReference: (schema) => String(schema.$id) } })
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    baseDir: pageFiles,
    staticCSP: true,
    // By plain http, on any host but loopback, a browser would ask for the page's own scripts by https and get none.
    // And nobody else needs to be told what this service can do.
    transformStaticCSP: (policy) =>
      policy.replace(' validator.swagger.io', '').replace(' upgrade-insecure-requests;', ''),
    uiConfig: { validatorUrl: null },
    uiHooks: { onRequest: redirectToFolder },
    transformSpecificationClone: false,
    transformSpecification: (document, { baseUrl }) => withServer(document, baseUrl),
    indexPrefix: '',
    logo: { type: 'image/svg+xml', content: sign },
    theme: {
      title: 'intercom-sync: every call',
      favicon: [{ filename: 'icon.svg', rel: 'icon', type: 'image/svg+xml', sizes: 'any', content: icon }],
    },
  })
  app.get(
    '/openapi.json',
    {
      schema: {
        operationId: 'getOpenApi',
        summary: 'This document',
        tags: ['docs'],
        security: needsNoKey,
        querystring: noQuery,
        response: {
          200: {
            description: 'OpenAPI 3.1',
            content: { 'application/json': { schema: Type.Object({}, { additionalProperties: true }) } },
          },
          ...openProblems('overloaded'),
        },
      },
    },
    async ({ baseUrl }) => withServer(app.swagger(), baseUrl),
  )
}

/** The page's links are right only below `/docs/`. The redirects are relative, so that they keep the path of a proxy. */
async function redirectToFolder({ url }: FastifyRequest, reply: FastifyReply): Promise<void> {
  const [path = ''] = url.split(/[?#]/, 1)
  if (path.endsWith('/docs')) await reply.redirect('docs/')
  else if (path.endsWith('/docs/') && path !== url) await reply.redirect('./')
  else if (path.endsWith('/static/index.html')) await reply.redirect('../')
}

/** Callers who found the document by one address call the service by the same. */
function withServer<Document extends object>(document: Document, baseUrl: string): Document {
  return baseUrl === '' ? document : { ...document, servers: [{ ...openapi.servers[0], url: baseUrl }] }
}
