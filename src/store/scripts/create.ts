import { redisTimeFunction, type Script } from './script.ts'

/**
 * Writes a new job: its record as pending, its wrapped data key, its sealed request. A job that depends on readers
 * starts with a lease for the one that made it.
 *
 * KEYS: record, data key, request.
 * ARGV: channel, now, tenant, epoch, wrapped data key, sealed request, grace ms or '', lease ms.
 * Returns CREATED, or EXISTS when the id is taken.
 */
export const createScript: Script = {
  name: 'syncCreate',
  lua: `${redisTimeFunction}
if redis.call('EXISTS', KEYS[1]) == 1 then return 'EXISTS' end
redis.call('HSET', KEYS[1],
  'tenant', ARGV[3], 'jobType', 'sync', 'status', 'pending', 'createdAt', ARGV[2], 'lastUpdatedAt', ARGV[2],
  'messages', 0, 'rows', 0, 'bytes', 0, 'blobBytes', 0, 'streams', '[]', 'epoch', ARGV[4],
  'fence', 0, 'attempts', 0, 'idleAttempts', 0)
if ARGV[7] ~= '' then
  redis.call('HSET', KEYS[1], 'graceMs', ARGV[7], 'leaseMs', ARGV[8],
    'readersUntil', string.format('%.0f', redisTime() + ARGV[8]))
end
redis.call('SET', KEYS[2], ARGV[5])
redis.call('SET', KEYS[3], ARGV[6])
redis.call('PUBLISH', ARGV[1], 'pending')
return 'CREATED'
`,
}
