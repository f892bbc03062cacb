import Type from 'typebox'
import { endedFunction, mayBeOtherLogFunction, runIdFunction } from '../lua-functions.ts'
import { defineScript } from '../script.ts'
import { markedDataKeyFunction } from '../secrets/sealing.ts'

/**
 * Removes the oldest entries of a log that is full, as far as a client has acknowledged them. The last checkpoints among
 * them become the states that the job began with, for whoever asks for the states at a later offset.
 *
 * It makes room, so its first write is one that a full Redis does not refuse either.
 *
 * Replies bytes that are free now; 0 when the log is no longer this attempt's.
 */
export const giveWayScript = defineScript({
  name: 'syncGiveWay',
  keys: ['recordKey', 'logKey', 'statesKey', 'dataKeyKey'],
  optionalKeys: ['lockKey'],
  args: [
    'fence',
    'attemptId',
    /** The commit that the log must end with. */
    'commitId',
    /** The content of the queue's lock while this attempt has it; '' without a lock. */
    'lockToken',
    /** Offset of the last message to remove, which is the last one of its entry. */
    'lastOffset',
  ],
  entries: ['givenName', 'streamState'],
  reply: Type.Integer(),
  lua: `${endedFunction}${runIdFunction}${mayBeOtherLogFunction}${markedDataKeyFunction}
local status, latestFence, latestAttemptId, latestCommitId, runIdOfLog, blobBytes, ackedOffset = unpack(redis.call(
  'HMGET', recordKey, 'status', 'fence', 'attemptId', 'commitId', 'runId', 'blobBytes', 'ackedOffset'))
local wrapped = redis.call('GET', dataKeyKey)
if not status or not wrapped or ended(status) then return 0 end
if latestFence ~= fence or latestAttemptId ~= attemptId or latestCommitId ~= commitId then return 0 end
if mayBeOtherLog(runIdOfLog, lockKey, lockToken) then return 0 end
if tonumber(lastOffset) > tonumber(ackedOffset or 0) then return 0 end

local freed = 0
local after = '-'
while true do
  local found = redis.call('XRANGE', logKey, after, lastOffset .. '-0', 'COUNT', 16)
  if #found == 0 then break end
  for _, entry in ipairs(found) do
    for i = 1, #entry[2], 2 do
      if entry[2][i] == 'blob' or entry[2][i] == 'checkpoints' then freed = freed + #entry[2][i + 1] end
    end
  end
  after = '(' .. found[#found][1]
end
redis.call('XTRIM', logKey, 'MINID', string.format('%.0f', tonumber(lastOffset) + 1) .. '-0')
redis.call('HSET', recordKey, 'trimmedTo', lastOffset,
  'blobBytes', string.format('%.0f', math.max(0, tonumber(blobBytes) - freed)))
for givenName, streamState in entries() do redis.call('HSET', statesKey, givenName, streamState) end
redis.call('SET', dataKeyKey, markedDataKey(wrapped))
return freed
`,
})
