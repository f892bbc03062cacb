import Type from 'typebox'
import { endedFunction, laterEpochFunction, runIdFunction } from '../lua-functions.ts'
import { defineScript } from '../script.ts'

/**
 * Begins an attempt, or begins it anew after REWOUND. From then on every older attempt is refused. If the same attempt
 * sends it twice (a lost reply), it counts once.
 *
 * If an attempt finds the job running, the attempt before neither gave the job back nor ended it: its worker died. The
 * job is not to blame. So a death is counted separately, unless that attempt had made progress, and the new attempt
 * takes its place in the count.
 *
 * After a rest (see `rest`) the attempt goes on, so nothing is counted but what the rest took back.
 *
 * A number can come twice when Redis goes back in time while a worker continues. If the queue's lock is given, the lock
 * decides: its holder is the newest attempt and gets a number above all that were given out; others may not begin.
 *
 * Replies ENDED (or no such job), FENCED, or BEGUN and the names and values that the attempt continues from. A missing
 * value has no name there.
 */
export const beginScript = defineScript({
  name: 'syncBegin',
  keys: ['recordKey', 'positionKey', 'dataKeyKey', 'requestKey'],
  optionalKeys: ['lockKey'],
  args: [
    'channel',
    'now',
    'fence',
    'attemptId',
    /** Random text for a new epoch. */
    'newEpoch',
    /** 'start' or 'rewound'. */
    'mode',
    /** The content of the queue's lock while this attempt has it; '' without a lock. */
    'lockToken',
  ],
  reply: Type.Array(Type.String(), { minItems: 1 }),
  lua: `${endedFunction}${runIdFunction}${laterEpochFunction}
local status, latestFence, latestAttemptId, runIdOfLog, idleAttempts, epoch, resting = unpack(redis.call(
  'HMGET', recordKey, 'status', 'fence', 'attemptId', 'runId', 'idleAttempts', 'epoch', 'resting'))
if not status or ended(status) then return {'ENDED'} end
local latest, mine = tonumber(latestFence), tonumber(fence)
local again = latest == mine and latestAttemptId == attemptId
local isHolder = lockToken ~= '' and redis.call('GET', lockKey) == lockToken
if lockToken ~= '' and not isHolder then return {'FENCED'} end
if latest > mine or (latest == mine and not again) then
  if not isHolder then return {'FENCED'} end
  mine = latest + 1
end
local number = string.format('%.0f', mine)

redis.call('PUBLISH', channel, 'running')
redis.call('HSET', recordKey, 'status', 'running', 'fence', number, 'attemptId', attemptId, 'lastUpdatedAt', now)
redis.call('HSETNX', recordKey, 'startTime', now)
if resting then redis.call('HDEL', recordKey, 'resting') end
-- Another name was left by an attempt that a process of an earlier version has followed.
local rested = resting and resting == latestAttemptId and not again
if rested then
  redis.call('HINCRBY', recordKey, 'idleAttempts', 1)
elseif not again then
  redis.call('HINCRBY', recordKey, 'attempts', 1)
  local died = status == 'running' and tonumber(idleAttempts) > 0
  redis.call('HINCRBY', recordKey, died and 'deaths' or 'idleAttempts', 1)
end
local current = runId()
if mode == 'rewound' or (runIdOfLog and runIdOfLog ~= current) then
  redis.call('HSET', recordKey, 'epoch', laterEpoch(epoch, newEpoch), 'runId', current)
end

local reply = {'BEGUN'}
local function add(name, value)
  if not value then return end
  reply[#reply + 1] = name
  reply[#reply + 1] = value
end
local names = {'v', 'tenant', 'connectionId', 'messages', 'fence', 'commitId', 'attempts', 'idleAttempts', 'deaths',
  'cancelReason', 'idleRests'}
for i, value in ipairs(redis.call('HMGET', recordKey, unpack(names))) do add(names[i], value) end
if rested then add('rested', '1') end
add('position', redis.call('GET', positionKey))
add('wrappedDataKey', redis.call('GET', dataKeyKey))
add('request', redis.call('GET', requestKey))
return reply
`,
})
