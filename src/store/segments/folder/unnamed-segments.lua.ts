import Type from 'typebox'
import { redisTimeFunction } from '../../lua-functions.ts'
import { defineScript } from '../../script.ts'

/**
 * Remembers since when files are named by no log, and forgets those that are named (again).
 *
 * Replies the files that have been without a name for long enough to be removed.
 */
export const judgeUnnamedScript = defineScript({
  name: 'syncJudgeUnnamed',
  keys: ['unnamedKey'],
  args: ['sparedMs'],
  entries: ['file', 'isNamed'],
  reply: Type.Array(Type.String()),
  lua: `${redisTimeFunction}
local now = redisTime()
local over = {}
for file, isNamed in entries() do
  if isNamed == '1' then
    redis.call('ZREM', unnamedKey, file)
  else
    redis.call('ZADD', unnamedKey, 'NX', string.format('%.0f', now), file)
    if tonumber(redis.call('ZSCORE', unnamedKey, file)) <= now - sparedMs then over[#over + 1] = file end
  end
end
return over
`,
})
