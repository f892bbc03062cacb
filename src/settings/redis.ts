import { X509Certificate } from 'node:crypto'
import { createSecureContext } from 'node:tls'
import { defaultPrefix } from '../store/keys.ts'
import type { Secret, VariableReader } from './environment.ts'

/** Which Redis the service uses, and under which names. */
export interface RedisSettings {
  /** Absent: the service starts its own. */
  server?: RedisServer
  /** What all keys and channels begin with. @defaultValue `intercom-sync` */
  prefix: string
}

/** A Redis that the operator provides. */
export interface RedisServer {
  /** `redis://` or `rediss://`, with user and password; with Sentinel, its host is the name of the primary. */
  url: string
  /** The variable that gave the URL. */
  variable: string
  /** How the server shows who it is; only for `rediss://`. */
  tls?: RedisTls
  sentinel?: SentinelSettings
}

/** Certificates in PEM. */
export interface RedisTls {
  /** The authorities whose certificates are accepted. @defaultValue those that Node knows */
  ca?: string
  /** Our own certificate, where Redis asks for one. */
  cert?: string
  key?: string
  /** The name that the server's certificate must be for. @defaultValue the host */
  servername?: string
}

/** The Sentinels that know which server is the primary. */
export interface SentinelSettings {
  nodes: { host: string; port: number }[]
  username?: string
  password?: string
}

const tlsVariables = ['REDIS_TLS_CA_FILE', 'REDIS_TLS_CERT_FILE', 'REDIS_TLS_KEY_FILE', 'REDIS_TLS_SERVER_NAME']
const sentinelVariables = ['REDIS_SENTINELS', 'REDIS_SENTINEL_USERNAME', 'REDIS_SENTINEL_PASSWORD']
const defaultSentinelPort = 26_379

/** Whether the data is in a Redis that the operator provides. */
export function providesRedis(read: VariableReader): boolean {
  return read.text('REDIS_URL') !== undefined || read.text('REDIS_URL_FILE') !== undefined
}

/** Reads which Redis to use. Adds what is wrong with it to the faults. */
export function readRedisSettings(read: VariableReader, faults: string[]): RedisSettings {
  const prefix = readPrefix(read, faults)
  const url = read.secret('REDIS_URL')
  // Elsewhere an empty variable counts as not set. Here that would silently move the data to another place.
  for (const name of ['REDIS_URL', 'REDIS_URL_FILE'])
    if (url === undefined && read.isEmpty(name))
      faults.push(`${name} is set, but empty; put an address there, or unset it`)
  if (url === undefined) {
    const meaningless = [...tlsVariables, ...sentinelVariables].filter(hasValue(read))
    if (!read.isSet('REDIS_URL'))
      for (const name of meaningless) faults.push(`${name} is set, but REDIS_URL is not; set both or neither`)
    return { prefix }
  }
  const fault = faultOfRedisUrl(url.value)
  if (fault !== undefined) {
    faults.push(`${url.variable} ${fault}`)
    return { prefix }
  }
  const tls = readTls(read, faults, url)
  const sentinel = readSentinel(read, faults, url)
  return {
    prefix,
    server: { url: url.value, variable: url.variable, ...(tls && { tls }), ...(sentinel && { sentinel }) },
  }
}

/** Whether a variable, or the one for its file, says anything: an empty one, as Compose makes of `${NAME:-}`, does not. */
function hasValue(read: VariableReader) {
  return (name: string): boolean => [name, `${name}_FILE`].some((one) => read.text(one) !== undefined)
}

/** The address without user and password. */
export function withoutCredentials(url: string): string {
  const { protocol, host, pathname } = new URL(url)
  return `${protocol}//${host}${pathname}`
}

const encodingHint =
  'cannot be read. Special characters of a user or a password have to be percent-encoded: ' +
  '% as %25, / as %2F, ? as %3F, # as %23, @ as %40, : as %3A'

/** What is wrong with the address of a Redis. Never quotes it, because it usually holds a password. */
function faultOfRedisUrl(text: string): string | undefined {
  if (!/^rediss?:\/\//i.test(text)) return 'is not a URL that starts with redis:// or rediss://'
  if (!URL.canParse(text)) return text.includes('@') ? encodingHint : 'is not a URL: write redis://host:port/database'
  const { hostname, pathname, search, hash, username, password } = new URL(text)
  if (hash !== '' || `${pathname}${search}`.includes('@') || !isDecodable(username) || !isDecodable(password))
    return encodingHint
  if (hostname === '') return 'names no host; put one behind redis:// or rediss://'
  if (!/^\/?\d*$/.test(pathname)) return 'has a path that is no number of a database; put 0 to 15 there, or nothing'
  return undefined
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text)
    return true
  } catch {
    return false
  }
}

/** A prefix without a colon: then no name of one service can begin with the names of another. */
function readPrefix(read: VariableReader, faults: string[]): string {
  const prefix = read.text('REDIS_PREFIX') ?? defaultPrefix
  if (/^[A-Za-z0-9._-]{1,64}$/.test(prefix)) return prefix
  faults.push(
    `REDIS_PREFIX is "${prefix}"; set 1 to 64 letters, digits, dots, - and _, or unset it for ${defaultPrefix}`,
  )
  return defaultPrefix
}

function readTls(read: VariableReader, faults: string[], { variable, value }: Secret): RedisTls | undefined {
  if (!/^rediss:/i.test(value)) {
    for (const name of tlsVariables.filter(hasValue(read)))
      faults.push(
        `${name} is set, but ${variable} starts with redis://; start it with rediss:// for TLS, or unset ${name}`,
      )
    return undefined
  }
  const [ca, cert, key] = [
    read.file('REDIS_TLS_CA_FILE'),
    read.file('REDIS_TLS_CERT_FILE'),
    read.file('REDIS_TLS_KEY_FILE'),
  ]
  const servername = read.text('REDIS_TLS_SERVER_NAME')
  for (const [name, text] of Object.entries({ REDIS_TLS_CA_FILE: ca, REDIS_TLS_CERT_FILE: cert }))
    if (text !== undefined && !isCertificate(text)) faults.push(`${name} names a file that holds no certificate in PEM`)
  const given = ['REDIS_TLS_CERT_FILE', 'REDIS_TLS_KEY_FILE'].filter(hasValue(read))
  if (given.length === 1) faults.push('REDIS_TLS_CERT_FILE and REDIS_TLS_KEY_FILE belong together; set both or neither')
  if (cert !== undefined && key !== undefined && isCertificate(cert)) faults.push(...faultsOfPair(cert, key))
  return { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }), ...(servername && { servername }) }
}

function isCertificate(text: string): boolean {
  try {
    new X509Certificate(text)
    return true
  } catch {
    return false
  }
}

function faultsOfPair(cert: string, key: string): string[] {
  try {
    createSecureContext({ cert, key })
    return []
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return [
      `REDIS_TLS_KEY_FILE names no key, without a passphrase, of the certificate in REDIS_TLS_CERT_FILE (${reason})`,
    ]
  }
}

function readSentinel(
  read: VariableReader,
  faults: string[],
  { variable, value }: Secret,
): SentinelSettings | undefined {
  const list = read.text('REDIS_SENTINELS')
  const username = read.text('REDIS_SENTINEL_USERNAME')
  const password = read.secret('REDIS_SENTINEL_PASSWORD')
  if (list === undefined) {
    for (const name of sentinelVariables.filter(hasValue(read)))
      faults.push(`${name} is set, but no Sentinel in REDIS_SENTINELS; list them there, or unset ${name}`)
    return undefined
  }
  if (new URL(value).port !== '') {
    faults.push(
      `${variable} has a port, and REDIS_SENTINELS is set: put the name that the Sentinels have for the primary in ` +
        'place of the host, without a port, as in redis://user:password@mymaster/0',
    )
  }
  const nodes = list
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .flatMap((entry) => parseNode(entry, faults))
  return { nodes, ...(username && { username }), ...(password && { password: password.value }) }
}

/** `host`, `host:port` or `[IPv6]:port`. */
function parseNode(entry: string, faults: string[]): SentinelSettings['nodes'] {
  const [, ipv6, name, port = defaultSentinelPort] =
    /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]+))(?::(\d{1,5}))?$/.exec(entry) ?? []
  const host = ipv6 ?? name
  if (host !== undefined && Number(port) >= 1 && Number(port) <= 65_535) return [{ host, port: Number(port) }]
  faults.push(`REDIS_SENTINELS: "${entry}" is not host:port (several separated by commas)`)
  return []
}
