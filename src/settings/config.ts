import { resolve } from 'node:path'
import { inspect } from 'node:util'
import { isLoopback } from '../network/loopback.ts'
import { type Proxies, readProxies } from '../network/proxies.ts'
import { parseDuration } from '../schedules/duration.ts'
import { type ApiKey, digestKey } from '../store/secrets/api-key.ts'
import { type EncryptionKey, encryptionKey } from '../store/secrets/sealing.ts'
import type { AllowList } from '../webhooks/allow-list.ts'
import { ConfigError, createVariableReader, type Environment, readBaseUrl, type VariableReader } from './environment.ts'
import { type FrontSettings, readFront } from './front.ts'
import { type OauthSettings, readOauth } from './oauth.ts'
import { providesRedis, type RedisSettings, readRedisSettings, withoutCredentials } from './redis.ts'
import { readWebhookAllow } from './webhooks.ts'

/** The service's settings. Frozen; shows no secret when printed or turned into JSON. */
export interface Config extends FrontSettings {
  /** Address to listen on. @defaultValue 127.0.0.1 */
  host: string
  /** 0 = a free one. @defaultValue 8080 */
  port: number
  /**
   * The port for health and metrics, in every role. Metrics are then served nowhere else; 0 = a free one. @defaultValue
   * none
   */
  metricsPort?: number
  redis: RedisSettings
  /** Absolute. @defaultValue `data` in the working directory */
  dataDir: string
  /** Empty: everybody may call, as the default tenant. */
  apiKeys: readonly ApiKey[]
  /** The first key seals, all of them open. Empty: keys are made and kept in `dataDir`. */
  encryptionKeys: readonly EncryptionKey[]
  /** Intercom's address, if not the usual one. */
  intercomBaseUrl?: string
  /** The app with which people sign in at Intercom. @defaultValue nobody can */
  oauth?: OauthSettings
  /** On the way to Intercom. */
  proxies: Proxies
  /** Jobs at a time in one worker process. @defaultValue 10 */
  workerConcurrency: number
  /** How long messages are kept after the later of a job's end and its last read. @defaultValue 24 h */
  jobRetentionMs: number
  /** Bytes that one job may have in Redis: its messages, compressed and sealed, its states and position. @defaultValue 256 MiB */
  logLimitBytes: number
  /** Bytes of them after which a job's oldest messages are moved to `dataDir`, if every process has it. @defaultValue 32 MiB */
  logWindowBytes: number
  /** Bytes of them that the logs of all jobs may have in Redis. @defaultValue 2 GiB */
  logTotalBytes: number
  isLogTotalSet: boolean
  /** Bytes of long logs in `dataDir`. @defaultValue 32 GiB */
  dataDirBytes: number
  /** A reader that takes nothing of its messages for so long is cut off. @defaultValue 10 min */
  stalledReaderMs: number
  /** The shortest interval at which a connection may sync by itself. @defaultValue 1 min */
  scheduleMinIntervalMs: number
  /** Receivers of webhooks that are allowed although they are not public. @defaultValue none */
  webhookAllow: AllowList
  /** A file that declares connections. Absolute. @defaultValue none */
  connectionsFile?: string
  /** A level of pino. @defaultValue `info` */
  logLevel: string
}

const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']
const hourMs = 3_600_000
const mebibyte = 1024 * 1024

/** @throws ConfigError naming every fault */
export function readConfig(environment: Environment = process.env): Config {
  const faults: string[] = []
  const read = createVariableReader(environment, faults)
  const host = read.text('HOST') ?? '127.0.0.1'
  const metricsPort = read.integer('METRICS_PORT', undefined, 0, 65_535)
  const intercomBaseUrl = readBaseUrl(read)
  const oauth = readOauth(read, faults)
  const connectionsFile = read.text('CONNECTIONS_FILE')
  const proxies = readProxies(environment)
  const config: Config = {
    host,
    port: read.integer('PORT', 8080, 0, 65_535),
    ...(metricsPort !== undefined && { metricsPort }),
    redis: readRedisSettings(read, faults),
    dataDir: resolve(read.text('DATA_DIR') ?? 'data'),
    apiKeys: read.entries('API_KEYS', parseApiKey),
    encryptionKeys: read.entries('ENCRYPTION_KEYS', parseEncryptionKey),
    ...(intercomBaseUrl && { intercomBaseUrl }),
    ...(oauth && { oauth }),
    proxies,
    ...readFront(read, faults),
    workerConcurrency: read.integer('WORKER_CONCURRENCY', 10, 1, 1000),
    jobRetentionMs: read.integer('JOB_RETENTION_HOURS', 24, 1, 24 * 365) * hourMs,
    logLimitBytes: read.integer('LOG_LIMIT_BYTES', 256 * mebibyte, mebibyte, Number.MAX_SAFE_INTEGER),
    logWindowBytes: read.integer('LOG_WINDOW_BYTES', 32 * mebibyte, mebibyte, Number.MAX_SAFE_INTEGER),
    logTotalBytes: read.integer('LOG_TOTAL_BYTES', 2048 * mebibyte, 16 * mebibyte, Number.MAX_SAFE_INTEGER),
    isLogTotalSet: read.isSet('LOG_TOTAL_BYTES'),
    dataDirBytes: read.integer('DATA_DIR_BYTES', 32_768 * mebibyte, 16 * mebibyte, Number.MAX_SAFE_INTEGER),
    stalledReaderMs: read.integer('READER_STALL_SECONDS', 600, 1, 86_400) * 1000,
    scheduleMinIntervalMs: readMinInterval(read, faults),
    webhookAllow: readWebhookAllow(read, faults),
    ...(connectionsFile !== undefined && { connectionsFile: resolve(connectionsFile) }),
    logLevel: read.choice('LOG_LEVEL', 'info', logLevels),
  }
  faults.push(...proxies.faults(), ...contradictions(config))
  faults.push(...missingKeys(config, read.isSet))
  if (faults.length > 0) throw new ConfigError(faults)
  return redactWhenPrinted(config)
}

/** Whether encryption keys are set from outside, instead of being made and kept in `DATA_DIR`. */
export function hasOwnEncryptionKeys(environment: Environment = process.env): boolean {
  return createVariableReader(environment, []).isSet('ENCRYPTION_KEYS')
}

/**
 * `DATA_DIR`, for commands that handle the data of the embedded Redis.
 *
 * @throws ConfigError when `REDIS_URL` says that the data is elsewhere
 */
export function readDataDir(environment: Environment = process.env): string {
  const read = createVariableReader(environment, [])
  if (providesRedis(read))
    throw new ConfigError(['REDIS_URL is set: the data is in that Redis; back it up as you back up any Redis'])
  return resolve(read.text('DATA_DIR') ?? 'data')
}

/** Settings that contradict each other. */
function contradictions({ apiKeys, encryptionKeys, port, metricsPort }: Config): string[] {
  const ids = encryptionKeys.filter(({ kid, key }, place) =>
    encryptionKeys.some((other, at) => at < place && other.kid === kid && !other.key.equals(key)),
  )
  const shared = apiKeys.flatMap(({ tenant, digest }, place) => {
    const other = apiKeys.find((one, at) => at < place && one.tenant !== tenant && one.digest.equals(digest))
    return other ? [`API_KEYS gives ${other.tenant} and ${tenant} the same key; give each its own`] : []
  })
  return [
    ...new Set(ids.map(({ kid }) => `ENCRYPTION_KEYS has two keys with the id ${kid}; give each an id of its own`)),
    ...shared,
    ...(port !== 0 && port === metricsPort ? [`PORT and METRICS_PORT are both ${port}; give each its own`] : []),
  ]
}

function readMinInterval(read: VariableReader, faults: string[]): number {
  const text = read.text('SCHEDULE_MIN_INTERVAL') ?? 'PT1M'
  const ms = parseDuration(text)
  if (ms !== undefined) return ms
  faults.push(`SCHEDULE_MIN_INTERVAL is "${text}"; set an ISO 8601 duration like PT5M, or unset it for PT1M`)
  return 60_000
}

/** Any variable that is set and not empty, for a file that refers to it. */
export function readVariable(name: string, environment: Environment = process.env): string | undefined {
  return createVariableReader(environment, []).text(name)
}

/** The folders in which programs are searched for. */
export function readSearchPath(environment: Environment = process.env): string {
  return environment.PATH ?? ''
}

/**
 * Without keys the service may only serve its own machine: with its own Redis, on loopback. Keys that are set but wrong
 * are reported elsewhere.
 */
function missingKeys({ host, redis: { server } }: Config, isSet: VariableReader['isSet']): string[] {
  const why = server
    ? `${server.variable} is set`
    : isLoopback(host)
      ? undefined
      : `HOST ${host} is not a loopback address`
  if (!why) return []
  const faults: string[] = []
  if (!isSet('API_KEYS')) {
    faults.push(
      `API_KEYS is needed because ${why}. Make one: API_KEYS="default:$(openssl rand -hex 32)" (tenant:key, several separated by commas), or API_KEYS_FILE`,
    )
  }
  if (!isSet('ENCRYPTION_KEYS')) {
    faults.push(
      `ENCRYPTION_KEYS is needed because ${why}. Make one: ENCRYPTION_KEYS="k1:$(openssl rand -base64 32)" (id:base64, several separated by commas, the first one seals), or ENCRYPTION_KEYS_FILE`,
    )
  }
  return faults
}

/** `tenant:key`. */
function parseApiKey(entry: string): ApiKey {
  const [, tenant, key] = entry.match(/^([A-Za-z0-9_-]{1,64}):([\x21-\x7e]{24,})$/) ?? []
  if (!tenant || !key) {
    throw new RangeError('is not tenant:key (tenant of letters, digits, - and _; key of at least 24 characters)')
  }
  return { tenant, digest: digestKey(key) }
}

/** `id:base64 of 32 bytes`. */
function parseEncryptionKey(entry: string): EncryptionKey {
  const [, kid, text] = entry.match(/^([A-Za-z0-9_-]{1,64}):([A-Za-z0-9+/_-]+={0,2})$/) ?? []
  if (!kid || !text) throw new RangeError('is not id:base64 (id of letters, digits, - and _)')
  return encryptionKey(kid, Buffer.from(text, 'base64'))
}

function redactWhenPrinted(config: Config): Config {
  const { oauth } = config
  const { server } = config.redis
  const shown = () => ({
    ...config,
    redis: { prefix: config.redis.prefix, ...(server && { server: withoutCredentials(server.url) }) },
    ...(oauth && { oauth: { ...oauth, clientSecret: '[hidden]' } }),
    apiKeys: config.apiKeys.map(({ tenant }) => `${tenant}:[hidden]`),
    encryptionKeys: config.encryptionKeys.map(({ kid }) => `${kid}:[hidden]`),
  })
  Object.defineProperty(config, 'toJSON', { value: shown })
  Object.defineProperty(config, inspect.custom, { value: shown })
  return Object.freeze(config)
}
