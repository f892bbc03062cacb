import { pino } from 'pino'
import { buildApp } from '../../app.ts'
import { systemClock } from '../../clock.ts'
import { createMetrics } from '../../metrics.ts'

/** The OpenAPI document of the API as YAML. `openapi.yaml` must be equal to it. */
export async function exportOpenApi(): Promise<string> {
  // Routes are registered but never called, so they need none of their dependencies.
  const unused = {} as never
  const app = await buildApp({
    config: { apiKeys: [] },
    jobs: unused,
    connections: unused,
    deliveries: unused,
    receivers: unused,
    signIns: unused,
    messages: unused,
    records: unused,
    clock: systemClock,
    logger: pino({ level: 'silent' }),
    metrics: createMetrics(),
    ready: async () => undefined,
    closing: new AbortController().signal,
  })
  try {
    await app.ready()
    return app.swagger({ yaml: true })
  } finally {
    await app.close()
  }
}
