import Fastify, { type FastifyInstance } from 'fastify'
import { createIntercom, type SimulatedIntercom } from './intercom.ts'
import type { SimulatorOptions } from './options.ts'
import { registerControl } from './routes/control.ts'
import { endpoints } from './routes/endpoints.ts'
import { registerWebhook } from './routes/webhook.ts'
import { errorAnswer, jsonAnswer } from './serving/answer.ts'
import { sendAnswer } from './serving/delivery.ts'
import { serve } from './serving/serve.ts'
import { registerSignIn } from './sign-in/routes.ts'

/** An Intercom that behaves like Intercom. */
export interface Simulator extends SimulatedIntercom {
  /** Not yet listening. */
  app: FastifyInstance
}

/**
 * @param print gets each message of a webhook that it receives, as a line of JSON
 * @throws RangeError when the time zone is unknown
 */
export function buildSimulator(
  given: SimulatorOptions = {},
  print: (line: string) => void = () => undefined,
): Simulator {
  const intercom = createIntercom(given)
  const { dependencies } = intercom
  const { options } = dependencies
  // A client that waits for a held answer must not keep the process from closing.
  const app = Fastify({ forceCloseConnections: true })
  app.addHook('onRequest', async (_request, reply) => {
    reply.header('Date', new Date(options.clock.now()).toUTCString())
  })
  // A POST without a body may still name its type, as clients of /companies/list do.
  const parseJson = app.getDefaultJsonParser('error', 'error')
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') done(null, undefined)
    else parseJson(request, String(body), done)
  })
  app.setErrorHandler<Error & { statusCode?: number }>((error, request, reply) => {
    const status = error instanceof RangeError ? 400 : (error.statusCode ?? 500)
    // If the body is not JSON, the answer has a different envelope than for every other fault.
    if (status < 500) return sendAnswer(reply, jsonAnswer({ status, error: error.message }, status))
    return sendAnswer(reply, errorAnswer(status, 'server_error', error.message, request.id))
  })
  for (const endpoint of endpoints) {
    app.route({
      method: endpoint.method,
      url: endpoint.path,
      handler: (request, reply) => serve(endpoint, request, reply, dependencies),
    })
  }
  app.setNotFoundHandler((request, reply) => serve(undefined, request, reply, dependencies))
  registerControl(app, dependencies)
  registerWebhook(app, print)
  registerSignIn(app, dependencies.consents, dependencies.workspace)
  return { app, ...intercom }
}
