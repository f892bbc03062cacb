import Type from 'typebox'
import { defineScript } from '../script.ts'
import { tellFunctions } from '../webhooks/tell.lua.ts'

/**
 * Intercom accepts the access token of a connection no more: until it has another one, nothing begins by itself. Noted
 * once, and only while the connection has the settings that the caller has read; its webhooks are told.
 *
 * Replies NOTED, KNOWN when it was noted before, or CHANGED.
 */
export const needSignInScript = defineScript({
  name: 'syncNeedSignIn',
  keys: ['recordKey', 'eventsKey'],
  args: [
    'now',
    /** Sealed. */
    'expected',
    /** JSON: what the event says. */
    'about',
  ],
  reply: Type.Enum(['NOTED', 'KNOWN', 'CHANGED']),
  lua: `${tellFunctions}
if redis.call('HGET', recordKey, 'settings') ~= expected then return 'CHANGED' end
if redis.call('HSETNX', recordKey, 'signInNeededAt', now) == 0 then return 'KNOWN' end
tell(eventsKey, recordKey, 'connection.needs_sign_in', about)
return 'NOTED'
`,
})
