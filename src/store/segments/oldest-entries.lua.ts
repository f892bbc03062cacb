import Type from 'typebox'
import { redisTimeFunction } from '../lua-functions.ts'
import { defineScript } from '../script.ts'

const Bytes = Type.Refine(Type.Unsafe<Buffer>(Type.Unknown()), Buffer.isBuffer)

/**
 * Reads entries of a log as they stand in Redis, to be moved to a segment: the oldest ones, or those after an id.
 *
 * Replies [Redis's time in ms, [id, blob, count, bytes, checkpoints or ''] …].
 */
export const oldestEntriesScript = defineScript({
  name: 'syncOldestEntries',
  keys: ['logKey'],
  args: [
    /** The id of the last entry that was read; '' for none. */
    'afterId',
    'mostEntries',
    /** Of blobs; one entry is read however large it is. */
    'mostBytes',
  ],
  reply: Type.Tuple([Bytes, Type.Array(Type.Tuple([Bytes, Bytes, Bytes, Bytes, Bytes]))]),
  replyAs: 'buffers',
  lua: `${redisTimeFunction}
local found = {}
local held = 0
local from = afterId == '' and '-' or '(' .. afterId
for _, entry in ipairs(redis.call('XRANGE', logKey, from, '+', 'COUNT', mostEntries)) do
  local fields = {}
  for i = 1, #entry[2], 2 do fields[entry[2][i]] = entry[2][i + 1] end
  held = held + #fields.blob
  if #found > 0 and held > tonumber(mostBytes) then break end
  found[#found + 1] = {entry[1], fields.blob, fields.count, fields.bytes, fields.checkpoints or ''}
end
return {string.format('%.0f', redisTime()), found}
`,
})
