import { setMaxListeners } from 'node:events'
import type { FastifyInstance } from 'fastify'
import { CodedError } from './errors.ts'
import { uncheckedPayloads } from './http/bodies/payload-schemas.ts'
import { addCors } from './http/callers/cors.ts'
import { refuseStrangers } from './http/callers/strangers.ts'
import { createWrongKeys } from './http/callers/wrong-keys.ts'
import { readConsole } from './http/console/console-files.ts'
import consoleRoutes from './http/console/console-routes.ts'
import { type AppDependencies, defaultLimits, type RouteDependencies } from './http/dependencies.ts'
import estimateRoutes from './http/estimate/estimate.ts'
import { createInstance } from './http/instance.ts'
import { limitReads } from './http/messages/limited-reads.ts'
import { trackOpenStreams } from './http/open-streams.ts'
import { limitReaders } from './http/readers.ts'
import recordRoutes from './http/records/records.ts'
import { authenticate } from './http/requests/auth.ts'
import { addJsonBody } from './http/requests/json-body.ts'
import { addProblems } from './http/requests/problem.ts'
import { validatorCompiler } from './http/requests/validation.ts'
import connectionChangeRoutes from './http/routes/connection-changes.ts'
import connectionRefreshRoutes from './http/routes/connection-refresh.ts'
import connectionRoutes from './http/routes/connections.ts'
import connectorRoutes from './http/routes/connector.ts'
import deliveryRoutes from './http/routes/deliveries.ts'
import healthRoutes from './http/routes/health.ts'
import homeRoutes from './http/routes/home.ts'
import jobListRoutes from './http/routes/job-list.ts'
import jobRoutes from './http/routes/jobs.ts'
import messageRoutes from './http/routes/messages.ts'
import metricsRoutes from './http/routes/metrics.ts'
import signInRoutes from './http/routes/sign-in.ts'
import callbackRoute from './http/routes/sign-in-callback.ts'
import stateRoutes from './http/routes/states.ts'
import streamListRoutes from './http/routes/stream-list.ts'
import { addDocs } from './http/service/docs.ts'
import { addHardening } from './http/service/hardening.ts'
import { limitHeldBodies } from './http/service/held-bodies.ts'
import { countRequests } from './http/service/request-figures.ts'
import { keepSockets } from './http/service/sockets.ts'
import { signInSetupOf } from './settings/oauth.ts'

export type { AppDependencies } from './http/dependencies.ts'

/**
 * The HTTP API, not yet listening. Closing it cuts the message streams and waits until their jobs have been handled.
 */
export async function buildApp(dependencies: AppDependencies): Promise<FastifyInstance> {
  const { config, ...parts } = dependencies
  const limits = { ...defaultLimits, ...config.limits }
  const { corsOrigins = [], ...front } = config.front ?? {}
  const app = createInstance(dependencies.logger, limits, front)
  const closing = joinClosing(app, dependencies.closing)
  const routes: RouteDependencies = {
    ...parts,
    messages: limitReads(parts.messages),
    closing,
    limits,
    openStreams: trackOpenStreams(app, closing),
    readers: limitReaders(limits),
    scheduleMinIntervalMs: config.scheduleMinIntervalMs ?? 60_000,
    intercomBaseUrl: config.intercomBaseUrl,
    proxies: config.proxies,
    signInSetup: signInSetupOf({
      oauth: config.oauth,
      publicUrl: config.front?.publicUrl,
      hasApiKeys: config.apiKeys.length > 0,
    }),
  }

  keepSockets(app, limits.sockets)
  app.setValidatorCompiler(validatorCompiler(uncheckedPayloads))
  app.decorateRequest('tenant', '')
  app.decorateRequest('caller', '')
  addJsonBody(app)
  addProblems(app)
  countRequests(app, parts.metrics)
  if (config.apiKeys.length === 0) refuseStrangers(app, { ...front, corsOrigins })
  await addHardening(app, limits)
  limitHeldBodies(app, limits.heldBodyBytes)
  await addCors(app, corsOrigins)
  await addDocs(app)
  const console = await readConsole()
  await app.register(homeRoutes, { console })
  if (console) await app.register(consoleRoutes, { console })
  await app.register(healthRoutes, routes)
  if (!config.metricsElsewhere) await app.register(metricsRoutes, routes)
  await app.register(
    async (browsers) => {
      browsers.addHook('onRequest', refuseWhen(closing))
      await browsers.register(callbackRoute, routes)
    },
    { prefix: '/v1' },
  )
  await app.register(
    async (api) => {
      api.addHook('onRequest', refuseWhen(closing))
      const wrongKeys = createWrongKeys(parts.clock)
      api.addHook('onRequest', authenticate(config.apiKeys, { wrongKeys, metrics: parts.metrics }))
      await api.register(connectorRoutes, routes)
      await api.register(streamListRoutes)
      await api.register(estimateRoutes, routes)
      await api.register(connectionRoutes, routes)
      await api.register(deliveryRoutes, routes)
      await api.register(connectionChangeRoutes, routes)
      await api.register(connectionRefreshRoutes, routes)
      await api.register(jobRoutes, routes)
      await api.register(jobListRoutes, routes)
      await api.register(messageRoutes, routes)
      await api.register(recordRoutes, routes)
      await api.register(stateRoutes, routes)
      await api.register(signInRoutes, routes)
    },
    { prefix: '/v1' },
  )
  return app
}

/** Aborts when the process shuts down, and also when only the app closes. */
function joinClosing(app: FastifyInstance, shutdown: AbortSignal): AbortSignal {
  const closing = new AbortController()
  // Every reader listens to it, and whoever waits for one to come back. Node would warn of a leak from the eleventh on.
  setMaxListeners(0, closing.signal)
  const close = () => closing.abort()
  if (shutdown.aborted) close()
  shutdown.addEventListener('abort', close, { once: true })
  app.addHook('preClose', async () => close())
  return closing.signal
}

function refuseWhen(closing: AbortSignal) {
  return async (): Promise<void> => {
    if (closing.aborted) throw new CodedError('shutting_down')
  }
}
