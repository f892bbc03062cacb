import Type from 'typebox'
import { endedFunction } from '../lua-functions.ts'
import { defineScript } from '../script.ts'

/**
 * Records that an attempt is over and another follows. Does nothing if somebody has requested the job's end meanwhile:
 * this attempt must then end the job, because nobody else would before the next attempt.
 *
 * Replies [RELEASED], [CANCELLED, reason], [ENDED] or [FENCED].
 */
export const releaseScript = defineScript({
  name: 'syncRelease',
  keys: ['recordKey'],
  args: [
    'channel',
    'now',
    'fence',
    'attemptId',
    /** 'counted' or 'uncounted': an orderly shutdown, and a Redis that cannot serve, are no attempt without progress. */
    'counted',
    /** JSON, '' for none. */
    'lastFailure',
    /** When the next attempt begins, ms since the epoch; '' for at once. */
    'retryAt',
  ],
  reply: Type.Union([
    Type.Tuple([Type.Enum(['RELEASED', 'ENDED', 'FENCED'])]),
    Type.Tuple([Type.Literal('CANCELLED'), Type.String()]),
  ]),
  lua: `${endedFunction}
local status, latestFence, idleAttempts, cancelReason, latestAttemptId = unpack(redis.call(
  'HMGET', recordKey, 'status', 'fence', 'idleAttempts', 'cancelReason', 'attemptId'))
if not status or ended(status) then return {'ENDED'} end
if tonumber(latestFence) > tonumber(fence) then return {'FENCED'} end
-- Numbers come again when Redis goes back in time: a lower one may be that of an attempt after this one.
if latestAttemptId ~= attemptId then return {'FENCED'} end
if cancelReason then return {'CANCELLED', cancelReason} end
if status ~= 'running' then return {'RELEASED'} end

redis.call('PUBLISH', channel, 'incomplete')
redis.call('HSET', recordKey, 'status', 'incomplete', 'lastUpdatedAt', now)
if counted == 'uncounted' and tonumber(idleAttempts) > 0 then redis.call('HINCRBY', recordKey, 'idleAttempts', -1) end
if retryAt ~= '' then
  redis.call('HSET', recordKey, 'retryAt', retryAt)
else
  redis.call('HDEL', recordKey, 'retryAt')
end
if lastFailure ~= '' then redis.call('HSET', recordKey, 'lastFailure', lastFailure) end
return {'RELEASED'}
`,
})
