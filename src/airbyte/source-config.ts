import type { Fault } from '../errors.ts'

/** The API versions a config may pin; 2.16 is what everything but contact search is sent with by default. */
export const apiVersions = ['2.11', '2.12', '2.13', '2.14', '2.15', '2.16', '2.17'] as const
export type ApiVersion = (typeof apiVersions)[number]
export const defaultApiVersion: ApiVersion = '2.16'

const regions = ['auto', 'us', 'eu', 'au'] as const
export type Region = (typeof regions)[number]

/** The connector's config after checking: a superset of Airbyte's source-intercom, so its configs work unchanged. */
export interface SourceConfig {
  access_token: string
  /** RFC 3339, inclusive. Absent = everything there is. */
  start_date?: string
  /** Days by which an incremental sync starts before its state. @defaultValue 0 */
  lookback_window?: number
  /** @defaultValue `auto` */
  region?: Region
  /** Absent = 2.16, and 2.17 for contact search where the workspace has it. */
  api_version?: ApiVersion
  /** Requests in flight at most. @defaultValue 10 */
  num_workers?: number
  /** Requests per minute at most, kept per window of 10 s. Absent = what Intercom allows. */
  api_rate_limit?: number
  /** Share of the rate limit left to other applications, in percent. @defaultValue 5 */
  api_rate_reserve?: number
  /** Accepted because Airbyte's configs have it; nothing reads it yet. */
  client_id?: string
  /** Accepted because Airbyte's configs have it; nothing reads it yet. */
  client_secret?: string
  /** Days, 1 to 91. Accepted because Airbyte's configs have it; nothing reads it yet. */
  activity_logs_time_step?: number
  /** Days to go back once when a state was not written by us. @defaultValue 31 */
  migration_lookback?: number
}

type Check = (value: unknown) => string | undefined

const text: Check = (value) => (typeof value === 'string' ? undefined : 'must be a string')
const integer =
  (minimum: number, maximum: number): Check =>
  (value) =>
    Number.isInteger(value) && (value as number) >= minimum && (value as number) <= maximum
      ? undefined
      : `must be an integer from ${minimum} to ${maximum}`
const oneOf =
  (choices: readonly string[]): Check =>
  (value) =>
    choices.includes(value as string) ? undefined : `must be one of ${choices.join(', ')}`
const token: Check = (value) =>
  typeof value === 'string' && /^[\x21-\x7e]+$/.test(value)
    ? undefined
    : 'must be an Intercom access token: text without spaces'
const startDate: Check = (value) =>
  typeof value === 'string' &&
  /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/.test(value) &&
  // Date.parse takes "02-30" for the 1st of March; a date that does not come back as it went in does not exist.
  new Date(Date.parse(value) || 0).toISOString() === value.replace('Z', '.000Z')
    ? undefined
    : 'must be a UTC date and time such as 2024-01-31T00:00:00Z, or be left out to read everything'

const checks: Record<keyof SourceConfig, Check> = {
  access_token: token,
  start_date: startDate,
  lookback_window: integer(0, 3650),
  region: oneOf(regions),
  api_version: oneOf(apiVersions),
  num_workers: integer(1, 40),
  api_rate_limit: integer(1, 1_000_000),
  api_rate_reserve: integer(0, 90),
  client_id: text,
  client_secret: text,
  activity_logs_time_step: integer(1, 91),
  migration_lookback: integer(0, 3650),
}

/** Config members of the bridge, which the service has no use for. */
const bridgeMembers = ['service_url', 'service_api_key', 'connection_id', 'allow_insecure_http']

/** Members of `config` that nothing here reads; they are ignored, and the sync says so once. */
export function unknownConfigMembers(config: object): string[] {
  return Object.keys(config).filter((name) => !Object.hasOwn(checks, name) && !bridgeMembers.includes(name))
}

/** Checks a config; faults are added to `faults` below `pointer`. Members that are null or "" count as left out. */
export function readSourceConfig(value: unknown, pointer: string, faults: Fault[]): SourceConfig | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    faults.push({ pointer, detail: 'must be an object with at least an access_token' })
    return undefined
  }
  const members = Object.entries(value).filter(([, member]) => member !== undefined && member !== null && member !== '')
  const before = faults.length
  for (const [name, member] of members) {
    const check = Object.hasOwn(checks, name) ? checks[name as keyof SourceConfig] : undefined
    const detail = check?.(member)
    if (detail) faults.push({ pointer: `${pointer}/${name}`, detail })
  }
  if (!members.some(([name]) => name === 'access_token'))
    faults.push({ pointer: `${pointer}/access_token`, detail: 'is missing: put the Intercom access token here' })
  return faults.length > before ? undefined : (Object.fromEntries(members) as unknown as SourceConfig)
}

/** `start_date` in Unix seconds; 0 when everything is wanted. */
export function startSeconds(config: SourceConfig): number {
  return config.start_date === undefined ? 0 : Date.parse(config.start_date) / 1000
}
