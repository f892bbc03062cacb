import cors from '@fastify/cors'
import type { FastifyInstance } from 'fastify'

/** Headers of answers that a page may read, beside those that every page may. */
const exposed = [
  'Connection-Change',
  'Idempotent-Replayed',
  'Job-Status',
  'Location',
  'Log-Epoch',
  'Retry-After',
  'WWW-Authenticate',
]

/** Lets pages of these origins call the service from a browser. Without any, no answer has a header of CORS. */
export async function addCors(app: FastifyInstance, origins: readonly string[]): Promise<void> {
  if (origins.length === 0) return
  await app.register(cors, {
    origin: [...origins],
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    allowedHeaders: ['Accept', 'Authorization', 'Content-Type', 'Idempotency-Key', 'If-None-Match'],
    exposedHeaders: exposed,
    // A page sends its API key itself. Cookies would be sent by the browser, whatever the page.
    credentials: false,
    maxAge: 600,
    hideOptionsRoute: true,
  })
}
