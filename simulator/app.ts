import Fastify, { type FastifyInstance } from 'fastify'
import { errorAnswer, jsonAnswer } from './answer.ts'
import { sendAnswer } from './delivery.ts'
import { FaultScript } from './faults/fault-script.ts'
import { LiveChanges } from './live-changes.ts'
import type { MutationPlan } from './mutations.ts'
import { type SimulatorOptions, withDefaults } from './options.ts'
import { RateLimit } from './rate-limit.ts'
import { RequestLog } from './request-log.ts'
import { registerControl } from './routes/control.ts'
import { endpoints } from './routes/endpoints.ts'
import { Calendar } from './search/calendar-day.ts'
import { type ServeDependencies, serve } from './serve.ts'
import { Workspace } from './workspace.ts'

/** An Intercom that behaves like Intercom. */
export interface Simulator {
  /** Not yet listening. */
  app: FastifyInstance
  workspace: Workspace
  faults: FaultScript
  requests: RequestLog
  /** Changes to come, made as requests are answered. */
  live: LiveChanges
  /** What answers are made from, for callers that need no socket. */
  dependencies: ServeDependencies
  /** Moves the workspace to another time zone, as its owner can at any time. @throws RangeError when it is unknown */
  moveTo(timezone: string): void
  /** From now on the token belongs to another workspace, with the same data. @param id as `/me` writes it */
  exchangeWorkspace(id: string): void
}

/** @throws RangeError when the time zone is unknown */
export function buildSimulator(given: SimulatorOptions = {}): Simulator {
  const options = withDefaults(given)
  const workspace = new Workspace(options)
  const faults = new FaultScript(options.traps)
  const live = new LiveChanges(workspace, options.script)
  const workspaceDays = new Calendar(options.timezone)
  const requests = new RequestLog()
  const dependencies = {
    options,
    workspace,
    faults,
    requests,
    workspaceDays,
    live,
    limit: new RateLimit(options.rateLimitPerWindow),
    searched: planRunner(options.mutationPlan, workspace),
  }
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
    // A body that is not JSON gets another envelope than every other fault.
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
  return {
    app,
    workspace,
    faults,
    requests,
    live,
    dependencies,
    moveTo: (timezone) => workspaceDays.moveTo(timezone),
    exchangeWorkspace(id) {
      workspace.id = id
    },
  }
}

/** Counts searches and makes the plan's changes when they are due. */
function planRunner(plan: MutationPlan | null, workspace: Workspace): () => void {
  let searches = 0
  return () => {
    searches++
    if (plan === null || searches % plan.every !== 0 || searches > (plan.until ?? searches)) return
    for (const mutation of plan.mutations) workspace.mutate(mutation)
  }
}
