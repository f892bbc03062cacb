import { Redis, type RedisOptions } from 'ioredis'
import type { RedisServer, RedisTls, SentinelSettings } from '../../settings/redis.ts'
import { withoutCredentials } from '../../settings/redis.ts'
import { type AskedRedis, explain, RedisRefusal } from './refusal.ts'

/** How long one connection, or one command on it, may take, ms. */
const attemptMs = 3000

/** A connection that is tried once, and the server in words. */
export interface TrialConnection {
  redis: Redis
  asked: AskedRedis
  /** The user of the connection. */
  user: string
  /** The number of its database. */
  database: number
}

interface Place {
  host: string
  port: number
  family?: number
  tls?: RedisTls | undefined
}

/**
 * Connects once to the Redis of the operator, as the user and to the database that it names. Each refusal is told as
 * what it is.
 *
 * @throws RedisRefusal
 */
export async function connectOnce(server: RedisServer): Promise<TrialConnection> {
  // Makes no connection: only ioredis knows how it reads the URL.
  const {
    host = '',
    port = 0,
    family = 0,
    db = 0,
    username,
    password,
  } = new Redis(server.url, { lazyConnect: true }).options
  const isTls = server.tls !== undefined
  const { variable } = server
  let asked: AskedRedis = {
    where: `the Redis at ${withoutCredentials(server.url)}`,
    variable,
    passwordVariable: variable,
    isTls,
  }
  let place: Place = { host, port, family, tls: server.tls }
  if (server.sentinel) {
    place = { ...(await findPrimary(server, server.sentinel)), tls: server.tls }
    asked = { ...asked, where: `the primary that the Sentinels name, ${place.host}:${place.port},` }
  }
  const redis = await open(place).catch((error: unknown) => Promise.reject(explain(error, asked)))
  try {
    await authenticate(redis, username, password)
    await selectDatabase(redis, db, asked)
  } catch (error) {
    redis.disconnect()
    throw explain(reasonOf(redis, error), asked)
  }
  return { redis, asked, user: username || 'default', database: db }
}

/** The reason for an error of a command: if the connection broke, what broke it. */
export function reasonOf(redis: Redis, error: unknown): unknown {
  return brokenBy.get(redis) ?? error
}

/** The first error of each connection. */
const brokenBy = new WeakMap<Redis, Error>()

/** Asks the Sentinels one after the other. @throws RedisRefusal */
async function findPrimary({ url, variable, tls }: RedisServer, sentinel: SentinelSettings): Promise<Place> {
  const name = new URL(url).hostname
  let refusal: RedisRefusal | undefined
  for (const node of sentinel.nodes) {
    const asked: AskedRedis = {
      where: `the Sentinel at ${node.host}:${node.port}`,
      variable: 'REDIS_SENTINELS',
      passwordVariable: 'REDIS_SENTINEL_PASSWORD',
      isTls: tls !== undefined,
    }
    try {
      const address = await askSentinel({ ...node, tls }, sentinel, name)
      if (address) return address
      refusal ??= new RedisRefusal(
        `${variable}: ${asked.where} knows no primary with the name ${name}. The host in ${variable} has to be the ` +
          'name in "sentinel monitor"',
      )
    } catch (error) {
      refusal ??= explain(error, asked)
    }
  }
  throw refusal ?? new RedisRefusal('REDIS_SENTINELS names no Sentinel')
}

async function askSentinel(
  place: Place,
  { username, password }: SentinelSettings,
  name: string,
): Promise<Place | undefined> {
  const redis = await open(place)
  try {
    await authenticate(redis, username, password)
    const reply = await redis.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', name)
    if (!Array.isArray(reply)) return undefined
    const [host, port] = reply
    return { host: String(host), port: Number(port) }
  } catch (error) {
    throw reasonOf(redis, error)
  } finally {
    redis.disconnect()
  }
}

async function open({ host, port, family = 0, tls }: Place): Promise<Redis> {
  const options = {
    host,
    port,
    family,
    ...(tls && { tls: { ...tls } }),
    lazyConnect: true,
    retryStrategy: () => null,
    enableReadyCheck: false,
    maxRetriesPerRequest: 0,
    connectTimeout: attemptMs,
    commandTimeout: attemptMs,
    // Without a greeting, so that the first refusal is of a command of ours.
    protocol: 2,
    disableClientInfo: true,
  } satisfies RedisOptions
  const redis = new Redis(options)
  redis.on('error', (error: Error) => {
    if (!brokenBy.has(redis)) brokenBy.set(redis, error)
  })
  try {
    await redis.connect()
    return redis
  } catch (error) {
    redis.disconnect()
    throw reasonOf(redis, error)
  }
}

/** A password for a Redis that asks for none is passed over, as by every client. */
async function authenticate(redis: Redis, username?: string | null, password?: string | null): Promise<void> {
  if (!password) return
  const credentials = username ? [username, password] : [password]
  await redis.call('AUTH', ...credentials).catch((error: Error) => {
    if (!/without any password configured|no password is set/.test(error.message)) throw error
  })
}

/** If a database is refused, the connection stays on database 0, where somebody else's keys may be. */
async function selectDatabase(redis: Redis, database: number, { variable }: AskedRedis): Promise<void> {
  if (database === 0) return
  await redis.select(database).catch((error: Error) => {
    if (!/^(ERR|NOPERM)\b/.test(error.message)) throw error
    const add = error.message.startsWith('NOPERM') ? '. Give the user +select, or use database 0' : ''
    throw new RedisRefusal(`${variable}: database ${database} of the Redis cannot be used (${error.message})${add}`)
  })
}
