import { logReading, logReadingStart } from '../log-reading.lua.ts'
import { defineScript } from '../script.ts'

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
  keys: logReading.keys,
  args: [
    /** Messages that the reader has. */
    'after',
    ...logReading.args,
  ],
  reply: logReading.reply,
  replyAs: 'buffers',
  lua: `${logReadingStart}
local about = {status, messages, epoch or '', tenant or '', dataKey}
local segment = redis.call('ZRANGEBYSCORE', segmentsKey, '(' .. after, '+inf', 'LIMIT', 0, 1)[1]
if segment then return {'READ', about, {}, segment} end
local from = '(' .. after .. '-0'
repeat
  local entry = redis.call('XRANGE', logKey, from, '+', 'COUNT', 1)[1]
  if not entry then break end
  from = '(' .. entry[1]
until not take(entry)
return {'READ', about, entriesRead, ''}
`,
})
