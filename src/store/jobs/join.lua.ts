import Type from 'typebox'
import { endedFunction } from '../lua-functions.ts'
import { shareFunction } from '../readers/readers.lua.ts'
import { defineScript } from '../script.ts'

/**
 * Takes an existing job instead of a new one: it now lives for this caller, too, and the caller's key for repeats leads
 * to it from now on. A job that is about to end is not taken, and then the key leads to nothing.
 *
 * Replies JOINED or ENDING.
 */
export const joinScript = defineScript({
  name: 'syncJoin',
  keys: ['recordKey', 'readersKey'],
  /** The data stored under the key for repeats. */
  optionalKeys: ['repeatKey'],
  args: [
    /** The grace of this caller; '' if it reads nothing or wants no grace. */
    'wantedGraceMs',
    'jobId',
    /** The digest of the request's body, for repeats. */
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
