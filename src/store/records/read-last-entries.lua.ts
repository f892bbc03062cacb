import { logReading, logReadingStart } from '../log-reading.lua.ts'
import { defineScript } from '../script.ts'

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
  keys: logReading.keys,
  args: [
    /** Offset of the message to begin with; '' for the last one. */
    'from',
    ...logReading.args,
  ],
  reply: logReading.reply,
  replyAs: 'buffers',
  lua: `${logReadingStart}
local about = {messages or '0', epoch or '', tenant or '', dataKey}
local first = tonumber(from ~= '' and from or messages or '0')
if first == 0 then return {'READ', about, {}, ''} end
local segment = redis.call('ZRANGEBYSCORE', segmentsKey, first, '+inf', 'LIMIT', 0, 1)[1]
if segment then return {'READ', about, {}, segment} end
-- An entry's id is the offset of its last message.
local entry = redis.call('XRANGE', logKey, string.format('%.0f-0', first), '+', 'COUNT', 1)[1]
while entry and take(entry) do
  entry = redis.call('XREVRANGE', logKey, '(' .. entry[1], '-', 'COUNT', 1)[1]
end
return {'READ', about, entriesRead, ''}
`,
})
