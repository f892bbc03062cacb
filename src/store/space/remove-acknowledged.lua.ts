import Type from 'typebox'
import { endedFunction } from '../lua-functions.ts'
import { defineScript } from '../script.ts'

/**
 * Removes the log of a job that has ended and whose client has acknowledged every message, with the key that opens it.
 * The record stays, so that a late reader learns that the messages are gone.
 *
 * Replies 1 when it is removed.
 */
export const removeAcknowledgedScript = defineScript({
  name: 'syncRemoveAcknowledged',
  keys: ['recordKey', 'logKey', 'dataKeyKey', 'statesKey', 'segmentsKey'],
  reply: Type.Integer(),
  lua: `${endedFunction}
local status, messages, ackedOffset = unpack(redis.call('HMGET', recordKey, 'status', 'messages', 'ackedOffset'))
if not status or not ended(status) then return 0 end
if tonumber(ackedOffset or -1) < tonumber(messages) then return 0 end
redis.call('DEL', logKey, dataKeyKey, statesKey, segmentsKey)
return 1
`,
})
