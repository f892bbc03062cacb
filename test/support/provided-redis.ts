import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Logger } from 'pino'
import { systemClock } from '../../src/clock.ts'
import { type Inspection, inspectRedis } from '../../src/redis/checks/inspect.ts'
import { createVariableReader, type Environment } from '../../src/settings/environment.ts'
import { readRedisSettings } from '../../src/settings/redis.ts'
import { findFreePort } from './free-port.ts'
import { untilHolds } from './polling.ts'
import { runCompiled, type Teardown, type TestProcess } from './processes.ts'
import { startRedis, type TestRedis } from './redis.ts'

/** A Redis that an operator provides. */
export interface ProvidedRedis extends TestRedis {
  port: number
}

/** Starts a Redis on a port. @param settings as on its command line; `--port 0` of the test's own is overridden */
export async function provideRedis(t: Teardown, settings: string[] = []): Promise<ProvidedRedis> {
  const port = await findFreePort()
  return { ...(await startRedis(t, ['--port', String(port), '--bind', '127.0.0.1', ...settings])), port }
}

/** What the checks of a start make of these variables: the inspection, or the refusal; and the warnings. */
export interface TriedStart {
  inspection?: Inspection
  refusal: string
  warnings: string[]
  /** How long it took, ms. */
  tookMs: number
}

export async function tryStart(environment: Environment): Promise<TriedStart> {
  const faults: string[] = []
  const { server, prefix } = readRedisSettings(createVariableReader(environment, faults), faults)
  const warnings: string[] = []
  const logger = { warn: (message: string) => warnings.push(message) } as unknown as Logger
  const startedAt = performance.now()
  const tried = (result: Pick<TriedStart, 'inspection' | 'refusal'>) => ({
    ...result,
    warnings,
    tookMs: performance.now() - startedAt,
  })
  if (!server) return tried({ refusal: faults.join('\n') })
  try {
    const options = { prefix, logLimitBytes: 2 ** 28, clock: systemClock, logger }
    return tried({ inspection: await inspectRedis(server, options), refusal: '' })
  } catch (error) {
    return tried({ refusal: error instanceof Error ? error.message : String(error) })
  }
}

/** A whole service in a process of its own, with keys, on a Redis that is provided. */
export interface ServiceOnRedis {
  process: TestProcess
  url: string
  /** Calls the API with the key, and gives the body of an answer as JSON. */
  call<Body>(path: string, options?: { method?: string; body?: unknown }): Promise<Body>
  fetch(path: string, options?: RequestInit): Promise<Response>
}

/** The key of all that a test serves, so that several processes may be asked with it. */
const key = randomBytes(24).toString('hex')

/** @param args of `serve` @defaultValue both roles */
export async function serveOnRedis(
  t: Teardown,
  environment: Record<string, string>,
  args: string[] = [],
): Promise<ServiceOnRedis> {
  const dataDir = await mkdtemp(join(tmpdir(), 'intercom-sync-data-'))
  t.teardown(() => rm(dataDir, { recursive: true, force: true }))
  const service = runCompiled(t, 'test/support/serve-process.js', args, {
    PORT: '0',
    DATA_DIR: dataDir,
    API_KEYS: `default:${key}`,
    ENCRYPTION_KEYS: `test:${Buffer.alloc(32).toString('base64')}`,
    ...environment,
  })
  const url = (await service.untilLine(/^intercom-sync listens on/)).split(' ').at(-1) ?? ''
  const call: ServiceOnRedis['fetch'] = (path, init = {}) =>
    fetch(url + path, {
      ...init,
      headers: {
        authorization: `Bearer ${key}`,
        ...(init.body && { 'content-type': 'application/json' }),
        ...init.headers,
      },
    })
  // On a busy machine a service has been too slow while it started, and refuses calls for a moment.
  await untilHolds(async () => (await call('/v1/spec')).status !== 503)
  return {
    process: service,
    url,
    fetch: call,
    async call(path, { method, body } = {}) {
      const answer = await call(path, {
        ...(method && { method }),
        ...(body !== undefined && { method: method ?? 'POST', body: JSON.stringify(body) }),
      })
      return (await answer.json()) as never
    },
  }
}
