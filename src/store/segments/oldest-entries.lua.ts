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
    /** Of blobs: no entry is read after so many. */
    'mostBytes',
  ],
  reply: Type.Tuple([Bytes, Type.Array(Type.Tuple([Bytes, Bytes, Bytes, Bytes, Bytes]))]),
  replyAs: 'buffers',
  lua: `${redisTimeFunction}
local found = {}
local held = 0
local from = afterId == '' and '-' or '(' .. afterId
-- One by one, so that Redis copies no entry that is not wanted.
while #found < tonumber(mostEntries) and held < tonumber(mostBytes) do
  local entry = redis.call('XRANGE', logKey, from, '+', 'COUNT', 1)[1]
  if not entry then break end
  local fields = {}
  for i = 1, #entry[2], 2 do fields[entry[2][i]] = entry[2][i + 1] end
  held = held + #fields.blob
  found[#found + 1] = {entry[1], fields.blob, fields.count, fields.bytes, fields.checkpoints or ''}
  from = '(' .. entry[1]
end
return {string.format('%.0f', redisTime()), found}
`,
})
