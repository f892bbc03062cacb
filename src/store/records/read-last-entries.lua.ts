import Type from 'typebox'
import { endedFunction } from '../lua-functions.ts'
import { defineScript } from '../script.ts'

const Bytes = Type.Refine(Type.Unsafe<Buffer>(Type.Unknown()), Buffer.isBuffer)

/**
 * Reads a piece of a job's log towards its beginning, newest first, together with the record at the same moment. Reading
 * an ended job keeps it longer.
 *
 * If the entry that holds message `from` is in a segment, the reply names it, and has no entries.
 *
 * Replies [MISSING], [GONE] or [READ, [messages, epoch, tenant, wrapped data key], [id, blob, count] …, segment (JSON)
 * or ''].
 */
export const readLastEntriesScript = defineScript({
  name: 'syncReadLastEntries',
  keys: ['recordKey', 'logKey', 'dataKeyKey', 'statesKey', 'segmentsKey'],
  args: [
    /** Offset of the message to begin with; '' for the last one. */
    'from',
    'mostEntries',
    /** Before compression. */
    'mostBytes',
    'logRetentionMs',
    'recordRetentionMs',
  ],
  reply: Type.Tuple([Bytes, Type.Array(Bytes), Type.Array(Type.Tuple([Bytes, Bytes, Bytes])), Bytes]),
  replyAs: 'buffers',
  lua: `${endedFunction}
local status, messages, epoch, tenant, kept =
  unpack(redis.call('HMGET', recordKey, 'status', 'messages', 'epoch', 'tenant', 'kept'))
if not status then return {'MISSING', {}, {}, ''} end
local dataKey = redis.call('GET', dataKeyKey)
if not dataKey then return {'GONE', {}, {}, ''} end
if ended(status) then
  if not kept then redis.call('PEXPIRE', recordKey, recordRetentionMs) end
  redis.call('PEXPIRE', logKey, logRetentionMs)
  redis.call('PEXPIRE', dataKeyKey, logRetentionMs)
  redis.call('PEXPIRE', statesKey, logRetentionMs)
  redis.call('PEXPIRE', segmentsKey, logRetentionMs)
end
local about = {messages or '0', epoch or '', tenant or '', dataKey}
local first = tonumber(from ~= '' and from or messages or '0')
if first == 0 then return {'READ', about, {}, ''} end
local segment = redis.call('ZRANGEBYSCORE', segmentsKey, first, '+inf', 'LIMIT', 0, 1)[1]
if segment then return {'READ', about, {}, segment} end
local entriesRead = {}
local bytes = 0
-- An entry's id is the offset of its last message. One by one, so that Redis copies no entry that is not wanted but one.
local entry = redis.call('XRANGE', logKey, string.format('%.0f-0', first), '+', 'COUNT', 1)[1]
while entry do
  local fields = {}
  for i = 1, #entry[2], 2 do
    fields[entry[2][i]] = entry[2][i + 1]
  end
  bytes = bytes + tonumber(fields.bytes)
  if #entriesRead > 0 and bytes > tonumber(mostBytes) then break end
  entriesRead[#entriesRead + 1] = {entry[1], fields.blob, fields.count}
  if bytes >= tonumber(mostBytes) or #entriesRead == tonumber(mostEntries) then break end
  entry = redis.call('XREVRANGE', logKey, '(' .. entry[1], '-', 'COUNT', 1)[1]
end
return {'READ', about, entriesRead, ''}
`,
})
