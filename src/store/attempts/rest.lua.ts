import Type from 'typebox'
import { endedFunction } from '../lua-functions.ts'
import { defineScript } from '../script.ts'

/**
 * Records that an attempt gives its slot back until the job's turn comes again. The job stays `running`; the attempt that
 * goes on counts as the same one (see `begin`). Does nothing if somebody has requested the job's end meanwhile.
 *
 * `idleAttempts` is what it was before the attempt, so that a process of an earlier version, which takes the next attempt
 * for one after a death, counts it as it did this one.
 *
 * Replies as `release`.
 */
export const restScript = defineScript({
  name: 'syncRest',
  keys: ['recordKey'],
  args: ['channel', 'now', 'fence', 'attemptId', 'hasProgress'],
  reply: Type.Union([
    Type.Tuple([Type.Enum(['RELEASED', 'ENDED', 'FENCED'])]),
    Type.Tuple([Type.Literal('CANCELLED'), Type.String()]),
  ]),
  lua: `${endedFunction}
local status, latestFence, idleAttempts, cancelReason, latestAttemptId, resting = unpack(redis.call(
  'HMGET', recordKey, 'status', 'fence', 'idleAttempts', 'cancelReason', 'attemptId', 'resting'))
if not status or ended(status) then return {'ENDED'} end
if tonumber(latestFence) > tonumber(fence) or latestAttemptId ~= attemptId then return {'FENCED'} end
if cancelReason then return {'CANCELLED', cancelReason} end
if resting == attemptId then return {'RELEASED'} end

redis.call('PUBLISH', channel, 'running')
redis.call('HSET', recordKey, 'resting', attemptId, 'lastUpdatedAt', now)
if hasProgress == '1' then redis.call('HDEL', recordKey, 'idleRests') else redis.call('HINCRBY', recordKey, 'idleRests', 1) end
if tonumber(idleAttempts) > 0 then redis.call('HINCRBY', recordKey, 'idleAttempts', -1) end
return {'RELEASED'}
`,
})
