import { randomUUID } from 'node:crypto'
import type { Logger } from 'pino'
import type { Clock } from '../../clock.ts'
import type { RedisServer } from '../../settings/redis.ts'
import { connectOnce, reasonOf, type TrialConnection } from './connection.ts'
import { explain, RedisRefusal, type StartWait } from './refusal.ts'
import { tryRights } from './rights.ts'
import { judgeFacts, readFacts } from './server-facts.ts'

interface InspectionOptions {
  /** What all keys and channels begin with. */
  prefix: string
  /** Bytes of messages one job may keep. */
  logLimitBytes: number
  clock: Clock
  logger: Logger
}

/** What the service has to know of a Redis that it may use. */
export interface Inspection {
  /** Whether the user may use INFO. */
  allowsInfo: boolean
}

/** How long a start waits for a refusal to pass, ms. */
const patienceMs: Record<StartWait, number> = { none: 0, brief: 3000, long: 30_000 }
const retryMs = 250

/**
 * Tries everything that the service needs of a Redis that the operator provides. Only what can pass by itself is waited
 * for, and each reason to wait is logged.
 *
 * @throws RedisRefusal
 */
export async function inspectRedis(server: RedisServer, options: InspectionOptions): Promise<Inspection> {
  const { clock, logger } = options
  const startedAt = clock.monotonic()
  for (let told = ''; ; ) {
    try {
      return await inspectOnce(server, options)
    } catch (error) {
      if (!(error instanceof RedisRefusal)) throw error
      if (clock.monotonic() - startedAt >= patienceMs[error.patience]) throw error
      if (told !== error.message) logger.warn(`${error.message}. Trying again`)
      told = error.message
      await clock.sleep(retryMs)
    }
  }
}

async function inspectOnce(server: RedisServer, options: InspectionOptions): Promise<Inspection> {
  const { warnings, ...inspection } = await tryAll(await connectOnce(server), server, options)
  for (const warning of warnings) options.logger.warn(warning)
  return inspection
}

/** How long it counts that all was well, ms. Readiness is asked often, and by several. */
const wellMs = 10_000

/**
 * Returns a function that tries once more what the start has tried, for the sake of readiness; it throws RedisRefusal.
 * Rights may be taken away later, and settings changed. Whether Redis can be reached is not judged here: the connections
 * that are in use show it, and go on where a new one would be refused.
 */
export function createLaterInspection(server: RedisServer, options: InspectionOptions): () => Promise<void> {
  const { clock, logger } = options
  let wellUntil = Number.NEGATIVE_INFINITY
  let running: Promise<void> | undefined

  async function inspectAgain(): Promise<void> {
    const connection = await connectOnce(server).catch((error: Error) => {
      logger.warn(`${error.message}. This was a new connection, to look again`)
    })
    if (connection) await tryAll(connection, server, options)
    wellUntil = clock.monotonic() + wellMs
  }

  return async () => {
    if (clock.monotonic() < wellUntil) return
    running ??= inspectAgain().finally(() => {
      running = undefined
    })
    await running
  }
}

async function tryAll(connection: TrialConnection, server: RedisServer, { prefix, logLimitBytes }: InspectionOptions) {
  try {
    const judged = await judgeServer(connection, server, logLimitBytes)
    await tryRights(connection, prefix, randomUUID())
    return judged
  } finally {
    connection.redis.disconnect()
  }
}

async function judgeServer(
  { redis, asked }: TrialConnection,
  { sentinel }: RedisServer,
  logLimitBytes: number,
): Promise<Inspection & { warnings: string[] }> {
  const warnings: string[] = []
  const facts = await readFacts(redis).catch((error: unknown) => Promise.reject(explain(reasonOf(redis, error), asked)))
  for (const { severity, message } of judgeFacts(facts, logLimitBytes)) {
    const told = `${asked.variable}: ${message}`
    // The Sentinels may name the old primary for a moment.
    if (severity === 'fault') throw new RedisRefusal(told, sentinel ? 'brief' : 'none', message)
    warnings.push(told)
  }
  return { allowsInfo: facts.info !== undefined, warnings }
}
