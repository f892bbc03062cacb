import Type from 'typebox'
import { endedFunction } from '../lua-functions.ts'
import { defineScript } from '../script.ts'

const Bytes = Type.Refine(Type.Unsafe<Buffer>(Type.Unknown()), Buffer.isBuffer)

/**
 * Reads a piece of a job's log together with the record at the same moment. Reading an ended job keeps it longer.
 *
 * If the next messages are in a segment, the reply names it, and has no entries.
 *
 * Replies [MISSING], [GONE] or [READ, [status, messages, epoch, tenant, wrapped data key], [id, blob, count] …, segment
 * (JSON) or ''].
 */
export const readLogScript = defineScript({
  name: 'syncReadLog',
  keys: ['recordKey', 'logKey', 'dataKeyKey', 'statesKey', 'segmentsKey'],
  args: [
    /** Messages that the reader has. */
    'after',
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
local about = {status, messages, epoch or '', tenant or '', dataKey}
local segment = redis.call('ZRANGEBYSCORE', segmentsKey, '(' .. after, '+inf', 'LIMIT', 0, 1)[1]
if segment then return {'READ', about, {}, segment} end
local entriesRead = {}
local bytes = 0
local from = '(' .. after .. '-0'
-- One by one, so that Redis copies no entry that is not wanted but one.
while #entriesRead < tonumber(mostEntries) do
  local entry = redis.call('XRANGE', logKey, from, '+', 'COUNT', 1)[1]
  if not entry then break end
  local fields = {}
  for i = 1, #entry[2], 2 do
    fields[entry[2][i]] = entry[2][i + 1]
  end
  bytes = bytes + tonumber(fields.bytes)
  if #entriesRead > 0 and bytes > tonumber(mostBytes) then break end
  entriesRead[#entriesRead + 1] = {entry[1], fields.blob, fields.count}
  if bytes >= tonumber(mostBytes) then break end
  from = '(' .. entry[1]
end
return {'READ', about, entriesRead, ''}
`,
})
