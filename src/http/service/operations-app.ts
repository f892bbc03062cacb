import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import type { Metrics } from '../../metrics.ts'
import { problemSchema } from '../bodies/schemas.ts'
import { refuseStrangers } from '../callers/strangers.ts'
import { defaultLimits, type Front, type RouteDependencies } from '../dependencies.ts'
import { createInstance } from '../instance.ts'
import { addProblems } from '../requests/problem.ts'
import { validatorCompiler } from '../requests/validation.ts'
import healthRoutes from '../routes/health.ts'
import metricsRoutes from '../routes/metrics.ts'
import { keepSockets } from './sockets.ts'

/** Scrapers and probes need a few. */
const mostSockets = 64

interface OperationsDependencies extends Pick<RouteDependencies, 'ready' | 'clock' | 'closing'> {
  metrics: Metrics
  logger: FastifyBaseLogger
  /** @defaultValue nothing stands in front */
  front?: Partial<Front>
  /**
   * Whether callers of the API need a key. Without, only the machine's own callers are answered here, too. @defaultValue
   * false
   */
  needsKey?: boolean
}

/** The endpoints for operators, on a port that callers of the API cannot reach; not yet listening. */
export async function buildOperationsApp(dependencies: OperationsDependencies): Promise<FastifyInstance> {
  const { logger, front = {}, needsKey = false } = dependencies
  const app = createInstance(logger, defaultLimits, front)
  keepSockets(app, mostSockets)
  app.setValidatorCompiler(validatorCompiler())
  addProblems(app)
  app.addSchema(problemSchema)
  if (!needsKey) refuseStrangers(app, { corsOrigins: [], ...front })
  await app.register(healthRoutes, dependencies)
  await app.register(metricsRoutes, dependencies)
  return app
}
