import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { inspect } from 'node:util'
import { type ApiKey, digestKey } from './store/api-key.ts'
import { type EncryptionKey, encryptionKey } from './store/sealing.ts'

/** The service's settings. Frozen; shows no secret when printed or turned into JSON. */
export interface Config {
  /** Address to listen on. @defaultValue 127.0.0.1 */
  host: string
  /** 0 = a free one. @defaultValue 8080 */
  port: number
  /** Where health and metrics are answered in every role, and metrics nowhere else; 0 = a free one. @defaultValue none */
  metricsPort?: number
  /** Absent: the service starts a Redis of its own. */
  redisUrl?: string
  /** Absolute. @defaultValue `data` in the working directory */
  dataDir: string
  /** Empty: everybody may call, as one default tenant. */
  apiKeys: readonly ApiKey[]
  /** The first one seals, all of them open. Empty: they are made and kept in `dataDir`. */
  encryptionKeys: readonly EncryptionKey[]
  /** Where Intercom is, if not where it usually is. */
  intercomBaseUrl?: string
  /** Jobs at a time in one worker process. @defaultValue 10 */
  workerConcurrency: number
  /** How long messages are kept after the later of a job's end and its last read. @defaultValue 24 h */
  jobRetentionMs: number
  /** Bytes of compressed, sealed messages one job may keep. @defaultValue 256 MiB */
  logLimitBytes: number
  /** A level of pino. @defaultValue `info` */
  logLevel: string
}

/** The environment does not make a service. Its message names every fault and the fix. */
export class ConfigError extends Error {
  override name = 'ConfigError'
  readonly faults: readonly string[]

  constructor(faults: string[]) {
    super(`The configuration is not usable:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`)
    this.faults = faults
  }
}

/** Variables by name, as in `process.env`. */
export type Environment = Record<string, string | undefined>

const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']
const hourMs = 3_600_000
const mebibyte = 1024 * 1024

/** @throws ConfigError naming every fault */
export function readConfig(environment: Environment = process.env): Config {
  const faults: string[] = []
  const read = createReader(environment, faults)
  const host = read.text('HOST') ?? '127.0.0.1'
  const metricsPort = read.integer('METRICS_PORT', undefined, 0, 65_535)
  const redisUrl = read.url('REDIS_URL', ['redis:', 'rediss:'])
  const intercomBaseUrl = readBaseUrl(read)
  const config: Config = {
    host,
    port: read.integer('PORT', 8080, 0, 65_535),
    ...(metricsPort !== undefined && { metricsPort }),
    ...(redisUrl && { redisUrl }),
    dataDir: resolve(read.text('DATA_DIR') ?? 'data'),
    apiKeys: read.entries('API_KEYS', parseApiKey),
    encryptionKeys: read.entries('ENCRYPTION_KEYS', parseEncryptionKey),
    ...(intercomBaseUrl && { intercomBaseUrl }),
    workerConcurrency: read.integer('WORKER_CONCURRENCY', 10, 1, 1000),
    jobRetentionMs: read.integer('JOB_RETENTION_HOURS', 24, 1, 24 * 365) * hourMs,
    logLimitBytes: read.integer('LOG_LIMIT_BYTES', 256 * mebibyte, mebibyte, Number.MAX_SAFE_INTEGER),
    logLevel: read.choice('LOG_LEVEL', 'info', logLevels),
  }
  faults.push(...missingKeys(config))
  if (faults.length > 0) throw new ConfigError(faults)
  return redactWhenPrinted(config)
}

/**
 * Where Intercom is, if not where it usually is: all that the connector takes from the environment.
 *
 * @throws ConfigError
 */
export function readIntercomBaseUrl(environment: Environment = process.env): string | undefined {
  const faults: string[] = []
  const baseUrl = readBaseUrl(createReader(environment, faults))
  if (faults.length > 0) throw new ConfigError(faults)
  return baseUrl
}

/** The platform's attempt that this process is, in one text; undefined where no platform says so. */
export function readPlatformAttempt(environment: Environment = process.env): string | undefined {
  const { WORKER_JOB_ID: jobId, WORKER_JOB_ATTEMPT: attempt } = environment
  return jobId ? `${jobId}/${attempt || '0'}` : undefined
}

function readBaseUrl(read: ReturnType<typeof createReader>): string | undefined {
  return read.url('INTERCOM_BASE_URL', ['http:', 'https:'])
}

/**
 * `DATA_DIR`, for those who handle the data of the embedded Redis.
 *
 * @throws ConfigError where `REDIS_URL` says that the data is elsewhere
 */
export function readDataDir(environment: Environment = process.env): string {
  const { text } = createReader(environment, [])
  if (text('REDIS_URL') !== undefined)
    throw new ConfigError(['REDIS_URL is set: the data is in that Redis; back it up as you back up any Redis'])
  return resolve(text('DATA_DIR') ?? 'data')
}

/** Where programs are looked for. */
export function readSearchPath(environment: Environment = process.env): string {
  return environment.PATH ?? ''
}

/** Without keys the service runs for one machine only: its own Redis, its own loopback. */
function missingKeys({ host, redisUrl, apiKeys, encryptionKeys }: Config): string[] {
  const why = redisUrl ? 'REDIS_URL is set' : isLoopback(host) ? undefined : `HOST ${host} is not a loopback address`
  if (!why) return []
  const faults: string[] = []
  if (apiKeys.length === 0) {
    faults.push(
      `API_KEYS is needed because ${why}. Make one: API_KEYS="default:$(openssl rand -hex 32)" (tenant:key, several separated by commas), or API_KEYS_FILE`,
    )
  }
  if (encryptionKeys.length === 0) {
    faults.push(
      `ENCRYPTION_KEYS is needed because ${why}. Make one: ENCRYPTION_KEYS="k1:$(openssl rand -base64 32)" (id:base64, several separated by commas, the first one seals), or ENCRYPTION_KEYS_FILE`,
    )
  }
  return faults
}

/** Whether only this machine can reach an address to listen on. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host)
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
  const shown = () => ({
    ...config,
    ...(config.redisUrl && { redisUrl: withoutCredentials(config.redisUrl) }),
    apiKeys: config.apiKeys.map(({ tenant }) => `${tenant}:[hidden]`),
    encryptionKeys: config.encryptionKeys.map(({ kid }) => `${kid}:[hidden]`),
  })
  Object.defineProperty(config, 'toJSON', { value: shown })
  Object.defineProperty(config, inspect.custom, { value: shown })
  return Object.freeze(config)
}

function withoutCredentials(url: string): string {
  const { protocol, host, pathname } = new URL(url)
  return `${protocol}//${host}${pathname}`
}

/** Reads variables, collecting faults instead of stopping at the first. An empty variable counts as not set. */
function createReader(environment: Environment, faults: string[]) {
  const text = (name: string): string | undefined => environment[name]?.trim() || undefined

  const integer = <Fallback extends number | undefined>(
    name: string,
    fallback: Fallback,
    least: number,
    most: number,
  ): number | Fallback => {
    const value = text(name)
    if (value === undefined) return fallback
    const number = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN
    if (number >= least && number <= most) return number
    const unset = fallback === undefined ? 'unset it' : `unset it for ${fallback}`
    faults.push(`${name} is "${value}"; set a whole number from ${least} to ${most}, or ${unset}`)
    return fallback
  }

  const choice = (name: string, fallback: string, choices: string[]): string => {
    const value = text(name) ?? fallback
    if (!choices.includes(value)) faults.push(`${name} is "${value}"; set one of ${choices.join(', ')}`)
    return value
  }

  // The value itself is not told: a Redis URL usually holds a password.
  const url = (name: string, protocols: string[]): string | undefined => {
    const value = text(name)
    if (!value) return undefined
    if (URL.canParse(value) && protocols.includes(new URL(value).protocol)) return value
    faults.push(`${name} is not a URL that starts with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`)
    return undefined
  }

  /** A list from NAME (separated by commas or white space) or from the file in NAME_FILE (a line each, # for comments). */
  const entries = <T>(name: string, parse: (entry: string) => T): T[] => {
    const source = text(`${name}_FILE`) ? `${name}_FILE` : name
    if (source !== name && text(name)) faults.push(`${name} and ${source} are both set; unset one of them`)
    const list = source === name ? (text(name) ?? '') : readText(source)
    return list
      .replace(/^\s*#.*$/gm, '')
      .split(/[\s,]+/)
      .filter((entry) => entry !== '')
      .flatMap((entry, index) => parseEntry(`${source}: entry ${index + 1}`, entry, parse))
  }

  const readText = (name: string): string => {
    try {
      return readFileSync(text(name) ?? '', 'utf8')
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      faults.push(`${name} names a file that cannot be read (${reason})`)
      return ''
    }
  }

  const parseEntry = <T>(where: string, entry: string, parse: (entry: string) => T): T[] => {
    try {
      return [parse(entry)]
    } catch (error) {
      faults.push(`${where} ${error instanceof Error ? error.message : String(error)}`)
      return []
    }
  }

  return { text, integer, choice, url, entries }
}
