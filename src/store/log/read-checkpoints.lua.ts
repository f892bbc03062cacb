import type { Script } from '../script.ts'

/**
 * Reads the checkpoints of a piece of a job's log, backwards, and leaves the blobs in Redis. The first piece begins with
 * the entry that holds the message at the offset asked for: an entry's id is the offset of its last message.
 *
 * KEYS: log, data key.
 * ARGV: offset, 1 or more; offset to go on before, or '' for the first piece; offset to stop after; most entries.
 * Returns [GONE] or [READ, offset to go on before, or '' at the end, checkpoints (JSON) of an entry …].
 */
export const readCheckpointsScript: Script = {
  name: 'syncReadCheckpoints',
  lua: `
if redis.call('EXISTS', KEYS[2]) == 0 then return {'GONE'} end
local page = {'READ', ''}
local function add(entry)
  for i = 1, #entry[2], 2 do
    if entry[2][i] == 'checkpoints' then page[#page + 1] = entry[2][i + 1] end
  end
end

if ARGV[2] == '' then
  for _, entry in ipairs(redis.call('XRANGE', KEYS[1], ARGV[1] .. '-0', '+', 'COUNT', 1)) do add(entry) end
end
local before = ARGV[2] == '' and ARGV[1] or ARGV[2]
local entries = redis.call('XREVRANGE', KEYS[1], '(' .. before .. '-0', '(' .. ARGV[3] .. '-0', 'COUNT', ARGV[4])
for _, entry in ipairs(entries) do add(entry) end
if #entries == tonumber(ARGV[4]) then page[2] = string.match(entries[#entries][1], '^%d+') end
return page
`,
}
