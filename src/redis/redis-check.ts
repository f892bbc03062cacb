import type { Redis } from 'ioredis'

/** A problem of a Redis: a `fault` keeps the service from starting, a `warning` is logged. */
export interface RedisFinding {
  severity: 'fault' | 'warning'
  message: string
}

const leastVersion = [6, 2] as const

/**
 * Checks whether a Redis provided by the operator is suitable for the service. What Redis does not report is not
 * judged.
 */
export async function checkRedis(redis: Pick<Redis, 'info'>): Promise<RedisFinding[]> {
  const info = await redis.info()
  const field = (name: string) => info.match(new RegExp(`^${name}:(.*?)\r?$`, 'm'))?.[1]
  const findings: RedisFinding[] = []

  const version = field('redis_version')
  if (version && isOlder(version)) {
    findings.push({
      severity: 'fault',
      message: `Redis ${version} is too old: ${leastVersion.join('.')} or newer is needed`,
    })
  }
  const policy = field('maxmemory_policy')
  if (policy && policy !== 'noeviction') {
    findings.push({
      severity: 'fault',
      message: `Redis evicts keys (maxmemory-policy ${policy}), so jobs and messages would vanish. Set it: redis-cli CONFIG SET maxmemory-policy noeviction, and the same in redis.conf`,
    })
  }
  if (field('aof_enabled') === '0') {
    findings.push({
      severity: 'warning',
      message:
        'Redis keeps no append-only file: a restart loses jobs and messages. Set "appendonly yes" unless its data survives otherwise',
    })
  }
  return findings
}

function isOlder(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major < leastVersion[0] || (major === leastVersion[0] && minor < leastVersion[1])
}
