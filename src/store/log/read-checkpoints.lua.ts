import Type from 'typebox'
import { defineScript } from '../script.ts'

/**
 * Reads the checkpoints of a piece of a job's log, backwards, and leaves the blobs in Redis. The first piece begins
 * with the entry that holds the message at the requested offset: an entry's id is the offset of its last message.
 *
 * Replies [GONE] or [READ, offset to continue before, or '' at the end, checkpoints (JSON) of an entry …].
 */
export const readCheckpointsScript = defineScript({
  name: 'syncReadCheckpoints',
  keys: ['logKey', 'dataKeyKey'],
  args: [
    /** 1 or more. */
    'offset',
    /** Offset to continue before; '' for the first piece. */
    'before',
    /** Offset to stop after. */
    'after',
    'mostEntries',
  ],
  reply: Type.Array(Type.String(), { minItems: 1 }),
  lua: `
if redis.call('EXISTS', dataKeyKey) == 0 then return {'GONE'} end
local page = {'READ', ''}
local function add(entry)
  for i = 1, #entry[2], 2 do
    if entry[2][i] == 'checkpoints' then page[#page + 1] = entry[2][i + 1] end
  end
end

if before == '' then
  for _, entry in ipairs(redis.call('XRANGE', logKey, offset .. '-0', '+', 'COUNT', 1)) do add(entry) end
  before = offset
end
local found = redis.call('XREVRANGE', logKey, '(' .. before .. '-0', '(' .. after .. '-0', 'COUNT', mostEntries)
for _, entry in ipairs(found) do add(entry) end
if #found == tonumber(mostEntries) then page[2] = string.match(found[#found][1], '^%d+') end
return page
`,
})
