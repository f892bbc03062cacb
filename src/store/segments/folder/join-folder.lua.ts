import Type from 'typebox'
import { redisTimeFunction } from '../../lua-functions.ts'
import { defineScript } from '../../script.ts'

/**
 * A process says whether it has the folder of this service's segments in its `DATA_DIR`, and is told whether all others
 * have it, too. A folder is found by its name, which is random, so a process that has it shares the disk.
 *
 * The first process makes the folder. When none that is alive has it, another one may make a new one: the disk of a
 * container that is gone must not keep everybody waiting. A process that had the folder and does not find it still counts
 * until its time is over: the disk may be away for a moment only, and with a new folder its messages would count as lost.
 *
 * Replies [SHARED, APART or NONE (there is no folder yet), the folder or '', processes that have it, processes that do
 * not].
 */
export const joinFolderScript = defineScript({
  name: 'syncJoinFolder',
  keys: ['folderKey', 'sharersKey', 'strangersKey'],
  args: [
    'processId',
    /** The folder that the caller has found; '' for none. */
    'found',
    /** A new folder that the caller has made; '' for none. */
    'made',
    'presenceMs',
  ],
  reply: Type.Tuple([Type.Enum(['SHARED', 'APART', 'NONE']), Type.String(), Type.Integer(), Type.Integer()]),
  lua: `${redisTimeFunction}
local now = redisTime()
local past = string.format('(%.0f', now)
local untilThen = string.format('%.0f', now + presenceMs)
redis.call('ZREMRANGEBYSCORE', sharersKey, '-inf', past)
redis.call('ZREMRANGEBYSCORE', strangersKey, '-inf', past)
local function say(outcome, folder)
  return {outcome, folder, redis.call('ZCARD', sharersKey), redis.call('ZCARD', strangersKey)}
end

redis.call('ZREM', strangersKey, processId)
local folder = redis.call('GET', folderKey) or ''
if made ~= '' and redis.call('ZCARD', sharersKey) == 0 and (folder == '' or folder ~= found) then
  redis.call('SET', folderKey, made)
  folder, found = made, made
end
if folder == '' then return say('NONE', '') end
if folder == found then
  redis.call('ZADD', sharersKey, untilThen, processId)
  return say('SHARED', folder)
end
redis.call('ZADD', strangersKey, untilThen, processId)
return say('APART', folder)
`,
})
