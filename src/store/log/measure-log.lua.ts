import Type from 'typebox'
import { defineScript } from '../script.ts'

/**
 * Sums up how long a piece of a job's log is, without giving it away. Both offsets are ends of entries: an entry's id is
 * the offset of its last message.
 *
 * Replies [GONE], [READ, NDJSON bytes, offset up to which they are counted], or [MOVED, segment (JSON)] when the first
 * messages of the piece are in a segment.
 */
export const measureLogScript = defineScript({
  name: 'syncMeasureLog',
  keys: ['logKey', 'dataKeyKey', 'segmentsKey'],
  args: [
    /** Messages before the piece. */
    'after',
    /** Messages at its end. */
    'through',
    'mostEntries',
  ],
  reply: Type.Union([
    Type.Tuple([Type.Literal('GONE')]),
    Type.Tuple([Type.Literal('MOVED'), Type.String()]),
    Type.Tuple([Type.Literal('READ'), Type.Integer(), Type.Integer()]),
  ]),
  lua: `
if redis.call('EXISTS', dataKeyKey) == 0 then return {'GONE'} end
local segment = redis.call('ZRANGEBYSCORE', segmentsKey, '(' .. after, '+inf', 'LIMIT', 0, 1)[1]
if segment then return {'MOVED', segment} end
local bytes, reached = 0, tonumber(after)
local from = '(' .. after .. '-0'
-- One by one: Redis holds all that a command replies, twice in a script.
for _ = 1, tonumber(mostEntries) do
  local entry = redis.call('XRANGE', logKey, from, through .. '-0', 'COUNT', 1)[1]
  if not entry then break end
  for i = 1, #entry[2], 2 do
    if entry[2][i] == 'bytes' then bytes = bytes + tonumber(entry[2][i + 1]) end
  end
  reached = tonumber(string.match(entry[1], '^%d+'))
  from = '(' .. entry[1]
end
return {'READ', bytes, reached}
`,
})
