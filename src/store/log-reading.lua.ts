import Type from 'typebox'
import type { StoreClient } from './keys.ts'
import { endedFunction } from './lua-functions.ts'

const Bytes = Type.Refine(Type.Unsafe<Buffer>(Type.Unknown()), Buffer.isBuffer)

/** What the scripts have in common that read a piece of a job's log, forwards or backwards. */
export const logReading = {
  keys: ['recordKey', 'logKey', 'dataKeyKey', 'statesKey', 'segmentsKey'] as const,
  /** Bytes are counted before compression. */
  args: ['mostEntries', 'mostBytes', 'logRetentionMs', 'recordRetentionMs'] as const,
  /** Outcome, what is known of the log, entries as id, blob and count, and a segment (JSON) or ''. */
  reply: Type.Tuple([Bytes, Type.Array(Bytes), Type.Array(Type.Tuple([Bytes, Bytes, Bytes])), Bytes]),
}

/**
 * Lua: replies [MISSING] or [GONE] where there is nothing to read, and keeps the log of an ended job longer.
 *
 * `take` adds an entry to `entriesRead`. It returns false when there is no room for more. Entries are asked for one by one,
 * so that Redis copies no entry that is not wanted but one.
 */
export const logReadingStart = `${endedFunction}
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
local entriesRead = {}
local bytes = 0
local function take(entry)
  local fields = {}
  for i = 1, #entry[2], 2 do
    fields[entry[2][i]] = entry[2][i + 1]
  end
  bytes = bytes + tonumber(fields.bytes)
  if #entriesRead > 0 and bytes > tonumber(mostBytes) then return false end
  entriesRead[#entriesRead + 1] = {entry[1], fields.blob, fields.count}
  return bytes < tonumber(mostBytes) and #entriesRead < tonumber(mostEntries)
end
`

/** The keys of these scripts. */
export function logReadingKeys({ keyspace }: StoreClient, jobId: number) {
  return {
    recordKey: keyspace.job(jobId, 'record'),
    logKey: keyspace.job(jobId, 'log'),
    dataKeyKey: keyspace.job(jobId, 'dataKey'),
    statesKey: keyspace.job(jobId, 'states'),
    segmentsKey: keyspace.job(jobId, 'segments'),
  }
}
