import type { Fault } from '../errors.ts'
import {
  type ApiVersion,
  type ConfigMember,
  type ConfigMemberName,
  configMembers,
  type Region,
  requiredMembers,
  type Tombstones,
} from './config-members.ts'

export { type ApiVersion, defaultApiVersion, isSince } from './config-members.ts'

/** The connector's config after checking; `config-members.ts` says what each member may be. */
export interface SourceConfig {
  access_token: string
  /** RFC 3339, inclusive. Absent = everything. */
  start_date?: string
  /** An incremental sync starts this many days before its state. @defaultValue 0 */
  lookback_window?: number
  /** @defaultValue `auto` */
  region?: Region
  /** Absent = 2.16, and 2.17 for contact search if the workspace has it. */
  api_version?: ApiVersion
  /** The largest number of requests in flight. @defaultValue 10 */
  num_workers?: number
  /** The largest number of requests per minute, kept per window of 10 s. Absent = Intercom's own limit. */
  api_rate_limit?: number
  /** Share of the rate limit left to other applications, in percent. @defaultValue 5 */
  api_rate_reserve?: number
  /** Of the app that Airbyte signs people in with; a sync needs only its token. */
  client_id?: string
  /** The same. */
  client_secret?: string
  /** Days of the activity log that one request covers, 1 to 91. @defaultValue 30 */
  activity_logs_time_step?: number
  /** Days to go back once if another connector wrote the state. @defaultValue 31 */
  migration_lookback?: number
  /** Days for which a search may stand in for the companies' scroll, 0 to 365. @defaultValue 7 */
  companies_scroll_days?: number
  /** Whether deleted records of a stream come as records with `_ab_cdc_deleted_at`. @defaultValue none */
  tombstones?: Tombstones
}

/** Members of `config` that our code does not read. They are ignored, and the sync reports this once. */
export function unknownConfigMembers(config: object): string[] {
  return Object.keys(config).filter((name) => memberNamed(name) === undefined)
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
    const detail = faultOfMember(name, member)
    if (detail !== undefined) faults.push({ pointer: `${pointer}/${name}`, detail })
  }
  for (const name of requiredMembers) {
    if (members.some(([given]) => given === name)) continue
    faults.push({ pointer: `${pointer}/${name}`, detail: 'is missing: put the Intercom access token here' })
  }
  return faults.length > before ? undefined : (Object.fromEntries(members) as unknown as SourceConfig)
}

/** What a member's value has to be instead; undefined when the value is right, or the member is not ours. */
export function faultOfMember(name: string, value: unknown): string | undefined {
  const known = memberNamed(name)
  return known && !fits(known, value) ? demandOf(known) : undefined
}

/** `start_date` in Unix seconds; 0 for everything. */
export function startSeconds(config: SourceConfig): number {
  return config.start_date === undefined ? 0 : Date.parse(config.start_date) / 1000
}

function memberNamed(name: string): ConfigMember | undefined {
  return Object.hasOwn(configMembers, name) ? configMembers[name as ConfigMemberName] : undefined
}

function fits(member: ConfigMember, value: unknown): boolean {
  const { minimum = -Infinity, maximum = Infinity } = member
  if (member.type === 'integer') return Number.isInteger(value) && Number(value) >= minimum && Number(value) <= maximum
  if (typeof value !== member.type) return false
  if (typeof value !== 'string') return true
  if (member.enum && !member.enum.includes(value)) return false
  if (member.pattern && !new RegExp(member.pattern).test(value)) return false
  return member.format !== 'date-time' || isDate(value)
}

/** Date.parse reads "02-30" as the 1st of March. If a date does not come back unchanged, it does not exist. */
function isDate(text: string): boolean {
  return new Date(Date.parse(text) || 0).toISOString() === text.replace('Z', '.000Z')
}

function demandOf(member: ConfigMember): string {
  if (member.demand) return member.demand
  if (member.enum) return `must be one of ${member.enum.join(', ')}`
  if (member.type === 'integer') return `must be an integer from ${member.minimum} to ${member.maximum}`
  return member.type === 'boolean' ? 'must be true or false' : 'must be a string'
}
