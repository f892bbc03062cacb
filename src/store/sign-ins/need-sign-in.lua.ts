import Type from 'typebox'
import { defineScript } from '../script.ts'

/**
 * Intercom accepts the access token of a connection no more: until it has another one, nothing begins by itself. Noted
 * once, and only while the connection has the settings that the caller has read.
 *
 * Replies NOTED, KNOWN when it was noted before, or CHANGED.
 */
export const needSignInScript = defineScript({
  name: 'syncNeedSignIn',
  keys: ['recordKey'],
  args: [
    'now',
    /** Sealed. */
    'expected',
  ],
  reply: Type.Enum(['NOTED', 'KNOWN', 'CHANGED']),
  lua: `
if redis.call('HGET', recordKey, 'settings') ~= expected then return 'CHANGED' end
if redis.call('HSETNX', recordKey, 'signInNeededAt', now) == 0 then return 'KNOWN' end
return 'NOTED'
`,
})
