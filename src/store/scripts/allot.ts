import type { Script } from './script.ts'

/**
 * Gives out the next job id and puts it among the live jobs, before anything else of the job exists: whatever dies
 * afterwards, the reconciler finds the id.
 *
 * KEYS: last id, live jobs. ARGV: now. Returns the id.
 */
export const allotScript: Script = {
  name: 'syncAllot',
  lua: `
local id = redis.call('INCR', KEYS[1])
redis.call('ZADD', KEYS[2], ARGV[1], id)
return id
`,
}
