import { readFileSync } from 'node:fs'
import type { ConnectionBody } from '../../src/http/bodies/connection-schemas.ts'
import { listenSimulator } from '../support/listening-simulator.ts'
import type { Teardown } from '../support/processes.ts'
import { type ProvidedRedis, type ServiceOnRedis, serveOnRedis } from '../support/provided-redis.ts'
import type { RedisImage } from './redis-image.ts'

/** What a version has left of connections that run by themselves, and what it said of them. */
export interface SchedulesFile {
  /** The commit that wrote it. */
  madeBy: string
  /** Ms since the epoch when all was written. */
  writtenAt: number
  /** The answers of `GET /v1/connections/{connectionId}`, without the catalog. */
  connections: Omit<ConnectionBody, 'catalog'>[]
  /** The answer of `GET /v1/connections/nightly/deliveries`. */
  deliveries: unknown
  redis: RedisImage
}

/** @param path from the root of the repository */
export const schedulesPath = 'test/golden/schedules-1.json'

export function readSchedulesFile(): SchedulesFile {
  return JSON.parse(readFileSync(schedulesPath, 'utf8')) as SchedulesFile
}

/** The file's workspace, and the whole service on a Redis. */
export async function serveSchedules(t: Teardown, { port }: ProvidedRedis): Promise<ServiceOnRedis> {
  const intercom = await listenSimulator(t, {
    contacts: 20,
    oddities: false,
    accessTokens: { 'simulator-token': [], 'token-without-tags': ['read_tags'] },
  })
  return await serveOnRedis(t, {
    REDIS_URL: `redis://127.0.0.1:${port}`,
    INTERCOM_BASE_URL: intercom.url,
    WEBHOOK_ALLOW: '127.0.0.1',
  })
}
