import Type from 'typebox'
import { defineScript } from '../script.ts'

/**
 * Writes what an attempt is doing, for whoever reads its job, and adds to what the job has cost. It decides nothing:
 * once another attempt has begun, it does nothing. What the ending attempt has counted is added after the end, too.
 *
 * Replies DONE or OTHER.
 */
export const activityScript = defineScript({
  name: 'syncActivity',
  keys: ['recordKey'],
  args: [
    'attemptId',
    /** JSON. */
    'activity',
    /** Since the last report. */
    'requests',
    'waitedMs',
  ],
  reply: Type.Enum(['DONE', 'OTHER']),
  lua: `
if redis.call('HGET', recordKey, 'attemptId') ~= attemptId then return 'OTHER' end
redis.call('HSET', recordKey, 'activity', activity)
redis.call('HINCRBY', recordKey, 'requests', requests)
redis.call('HINCRBY', recordKey, 'waitedMs', waitedMs)
return 'DONE'
`,
})
