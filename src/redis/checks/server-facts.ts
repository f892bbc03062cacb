import type { Redis } from 'ioredis'

/** A problem of a Redis: a `fault` keeps the service from starting, a `warning` is logged. */
interface RedisFinding {
  severity: 'fault' | 'warning'
  message: string
}

/** What Redis says about itself. */
export interface ServerFacts {
  /** Undefined if INFO is forbidden. */
  info: string | undefined
  /** Of CONFIG, where INFO is forbidden and CONFIG is not. */
  policy?: string
}

const leastVersion = [6, 2] as const

/** Asks Redis about itself, as far as it lets this user. */
export async function readFacts(redis: Pick<Redis, 'info' | 'config'>): Promise<ServerFacts> {
  const info = await redis.info().catch(undefinedIfForbidden)
  if (info !== undefined) return { info }
  const config = await redis.config('GET', 'maxmemory-policy').catch(undefinedIfForbidden)
  const policy = Array.isArray(config) ? config[1] : undefined
  return { info, ...(typeof policy === 'string' && { policy }) }
}

/** Managed Redis renames commands or forbids them. */
function undefinedIfForbidden(error: Error): undefined {
  if (!/^NOPERM\b|unknown command/i.test(error.message)) throw error
  return undefined
}

/**
 * Judges whether a Redis provided by the operator is suitable for the service. What Redis does not report is not
 * judged, and told.
 */
export function judgeFacts({ info, policy }: ServerFacts, logLimitBytes: number): RedisFinding[] {
  if (info === undefined) return [...judgePolicy(policy), { severity: 'warning', message: withoutInfo(policy) }]
  const field = (name: string) => info.match(new RegExp(`^${name}:(.*?)\r?$`, 'm'))?.[1]
  const findings: RedisFinding[] = []
  const version = field('redis_version')
  if (version && isOlder(version)) {
    findings.push({
      severity: 'fault',
      message: `Redis ${version} is too old: ${leastVersion.join('.')} or newer is needed`,
    })
  }
  if (field('cluster_enabled') === '1' || field('redis_mode') === 'cluster') {
    findings.push({
      severity: 'fault',
      message: 'Redis is in cluster mode, which is not supported. Use one primary (cluster-enabled no), or Sentinel',
    })
  }
  if (field('role') === 'slave') {
    findings.push({
      severity: 'fault',
      message: `Redis is a replica (role:slave) of ${field('master_host')}:${field('master_port')}, and would lose what is written to it. The address must lead to the primary`,
    })
  }
  findings.push(
    ...judgePolicy(field('maxmemory_policy')),
    ...judgeMemory(Number(field('maxmemory') ?? 0), logLimitBytes),
  )
  if (field('aof_enabled') === '0') {
    findings.push({
      severity: 'warning',
      message:
        'Redis keeps no append-only file: a restart loses jobs and messages. Set "appendonly yes" unless its data survives otherwise',
    })
  }
  return findings
}

function judgePolicy(policy: string | undefined): RedisFinding[] {
  if (!policy || policy === 'noeviction') return []
  return [
    {
      severity: 'fault',
      message: `Redis evicts keys (maxmemory-policy ${policy}), so jobs and messages would vanish. Set it: redis-cli CONFIG SET maxmemory-policy noeviction, and the same in redis.conf`,
    },
  ]
}

function judgeMemory(maxmemory: number, logLimitBytes: number): RedisFinding[] {
  if (maxmemory === 0 || maxmemory > logLimitBytes) return []
  return [
    {
      severity: 'warning',
      message: `Redis may hold ${maxmemory} bytes (maxmemory), and one job as many as ${logLimitBytes} (LOG_LIMIT_BYTES): a large job would fill Redis for all. Raise maxmemory, or lower LOG_LIMIT_BYTES`,
    },
  ]
}

function withoutInfo(policy: string | undefined): string {
  const unknown = ['its version', 'that it is no replica', 'that it keeps an append-only file']
  if (policy === undefined) unknown.push('that it evicts no keys (maxmemory-policy noeviction)')
  return (
    `Redis lets this user not use INFO, so nothing is known of ${unknown.join(', ')}: see to it yourself. ` +
    'If it loses its newest writes or is restored from a copy, this service does not notice: readers get no 409 ' +
    'log_rewound, and job ids may come again. Its memory is not among the metrics. Give the user +info if you can'
  )
}

function isOlder(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major < leastVersion[0] || (major === leastVersion[0] && minor < leastVersion[1])
}
