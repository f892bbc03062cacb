import Type from 'typebox'
import { shareFunction } from '../attempts/readers.lua.ts'
import { endedFunction } from '../lua-functions.ts'
import { defineScript } from '../script.ts'

/**
 * Takes a job that is there in place of a new one: it lives for this caller, too, and the caller's key for repeats stands
 * for it from now on. A job that is about to end is not taken, and then the key stands for nothing.
 *
 * Replies JOINED or ENDING.
 */
export const joinScript = defineScript({
  name: 'syncJoin',
  keys: ['recordKey', 'readersKey'],
  /** What is known of the key for repeats. */
  optionalKeys: ['repeatKey'],
  args: [
    /** The grace of this caller; '' if it reads nothing or wants none. */
    'wantedGraceMs',
    'jobId',
    /** Of the request's body, for repeats. */
    'bodyDigest',
    'repeatsKnownMs',
  ],
  reply: Type.Enum(['JOINED', 'ENDING']),
  lua: `${endedFunction}${shareFunction}
if redis.call('HEXISTS', recordKey, 'cancelReason') == 1 then return 'ENDING' end
-- The first write has to be one that Redis refuses when memory is full (see Script).
if repeatKey then redis.call('SET', repeatKey, bodyDigest .. ' ' .. jobId, 'PX', repeatsKnownMs) end
share(wantedGraceMs)
return 'JOINED'
`,
})
