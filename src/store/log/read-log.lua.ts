import { endedFunction, type Script } from '../script.ts'

/**
 * Reads a piece of a job's log together with the record as it is at that moment. Reading an ended job keeps it longer.
 *
 * KEYS: record, log, data key, states.
 * ARGV: messages the reader holds, most entries, most bytes before compression,
 * retention of the log in ms, retention of the record in ms.
 * Returns [MISSING], [GONE] or [READ, status, messages, epoch, tenant, wrapped data key, [id, blob, count] …].
 */
export const readLogScript: Script = {
  name: 'syncReadLog',
  lua: `${endedFunction}
local record = redis.call('HMGET', KEYS[1], 'status', 'messages', 'epoch', 'tenant')
if not record[1] then return {'MISSING'} end
local dataKey = redis.call('GET', KEYS[3])
if not dataKey then return {'GONE'} end
if ended(record[1]) then
  redis.call('PEXPIRE', KEYS[1], ARGV[5])
  redis.call('PEXPIRE', KEYS[2], ARGV[4])
  redis.call('PEXPIRE', KEYS[3], ARGV[4])
  redis.call('PEXPIRE', KEYS[4], ARGV[4])
end
local page = {'READ', record[1], record[2], record[3], record[4], dataKey}
local bytes = 0
for _, entry in ipairs(redis.call('XRANGE', KEYS[2], '(' .. ARGV[1] .. '-0', '+', 'COUNT', ARGV[2])) do
  local fields = {}
  for i = 1, #entry[2], 2 do
    fields[entry[2][i]] = entry[2][i + 1]
  end
  bytes = bytes + tonumber(fields.bytes)
  if #page > 6 and bytes > tonumber(ARGV[3]) then break end
  page[#page + 1] = {entry[1], fields.blob, fields.count}
end
return page
`,
}
