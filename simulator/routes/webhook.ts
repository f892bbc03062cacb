import type { FastifyInstance } from 'fastify'

/**
 * A receiver of webhooks, for people who try them out: it takes every message and prints it. Signatures are not checked.
 *
 * @param print gets each message as a line of JSON
 */
export function registerWebhook(app: FastifyInstance, print: (line: string) => void): void {
  app.post('/_simulator/webhook', ({ body, headers }, reply) => {
    print(JSON.stringify({ webhook: headers['webhook-id'] ?? null, message: body ?? null }))
    return reply.code(204).send()
  })
}
