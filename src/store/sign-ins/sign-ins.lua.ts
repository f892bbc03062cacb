import Type from 'typebox'
import { defineScript } from '../script.ts'

/** Writes a new sign-in. Its record stays longer than it is open, so that whoever asks learns how it has ended. */
export const beginSignInScript = defineScript({
  name: 'syncBeginSignIn',
  keys: ['recordKey'],
  args: [
    'tenant',
    'connectionId',
    /** Of the text that Intercom gives back, and of the browser's cookie. */
    'stateDigest',
    'browserDigest',
    /** Sealed. */
    'wanted',
    /** Ms since the epoch. */
    'expiresAt',
    'keptMs',
  ],
  reply: Type.Literal('BEGUN'),
  lua: `
redis.call('HSET', recordKey, 'tenant', tenant, 'connectionId', connectionId, 'status', 'pending',
  'stateDigest', stateDigest, 'browserDigest', browserDigest, 'wanted', wanted, 'expiresAt', expiresAt, 'tries', 0)
redis.call('PEXPIRE', recordKey, keptMs)
return 'BEGUN'
`,
})

/**
 * Moves a sign-in from one status to the next, once: of several callers one moves it. The token lies in a key of its own,
 * which ends with the sign-in, whatever dies.
 *
 * Replies [MOVED], [MISSING], [EXPIRED], or [OTHER, status] when it is in another status.
 */
export const moveSignInScript = defineScript({
  name: 'syncMoveSignIn',
  keys: ['recordKey', 'consentKey'],
  args: [
    'now',
    'from',
    'to',
    /** Of the text that Intercom has given back; '' for callers who need none. */
    'stateDigest',
    /** JSON; '' for none. */
    'problem',
    /** Sealed; '' = what is there stays. */
    'consent',
    /** '1' when the token is needed no more. */
    'isLast',
  ],
  reply: Type.Union([
    Type.Tuple([Type.Enum(['MOVED', 'MISSING', 'EXPIRED'])]),
    Type.Tuple([Type.Literal('OTHER'), Type.String()]),
  ]),
  lua: `
local status, expectedState, expiresAt = unpack(redis.call('HMGET', recordKey, 'status', 'stateDigest', 'expiresAt'))
if not status or (stateDigest ~= '' and stateDigest ~= expectedState) then return {'MISSING'} end
if status ~= from then return {'OTHER', status} end
local leftMs = tonumber(expiresAt) - tonumber(now)
if leftMs <= 0 and isLast ~= '1' then return {'EXPIRED'} end
redis.call('HSET', recordKey, 'status', to)
if problem ~= '' then redis.call('HSET', recordKey, 'problem', problem) end
if consent ~= '' then redis.call('SET', consentKey, consent, 'PX', string.format('%.0f', leftMs)) end
if isLast == '1' then
  redis.call('DEL', consentKey)
  redis.call('HDEL', recordKey, 'wanted')
end
return {'MOVED'}
`,
})

/**
 * Counts a try of a confirmation code before it is compared, so that no number of callers at once has more of them.
 *
 * Replies [TRY, its number, the sealed consent], [MISSING], [EXPIRED], or [OTHER, status].
 */
export const tryCodeScript = defineScript({
  name: 'syncTryCode',
  keys: ['recordKey', 'consentKey'],
  args: ['now'],
  reply: Type.Union([
    Type.Tuple([Type.Literal('TRY'), Type.Integer(), Type.String()]),
    Type.Tuple([Type.Enum(['MISSING', 'EXPIRED'])]),
    Type.Tuple([Type.Literal('OTHER'), Type.String()]),
  ]),
  lua: `
local status, expiresAt = unpack(redis.call('HMGET', recordKey, 'status', 'expiresAt'))
if not status then return {'MISSING'} end
if status ~= 'consented' then return {'OTHER', status} end
local consent = redis.call('GET', consentKey)
if not consent or tonumber(expiresAt) <= tonumber(now) then return {'EXPIRED'} end
return {'TRY', redis.call('HINCRBY', recordKey, 'tries', 1), consent}
`,
})
