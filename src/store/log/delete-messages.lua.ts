import Type from 'typebox'
import { endedFunction } from '../lua-functions.ts'
import { defineScript } from '../script.ts'

/**
 * Removes everything of an ended job but its record. Removing is all it writes, so it works when memory is full, too.
 *
 * Replies DELETED, also when there was nothing left, RUNNING or MISSING.
 */
export const deleteMessagesScript = defineScript({
  name: 'syncDeleteMessages',
  keys: [
    'recordKey',
    'logKey',
    'dataKeyKey',
    'statesKey',
    'positionKey',
    'requestKey',
    'readersKey',
    'segmentsKey',
    'fingerprintsKey',
  ],
  reply: Type.Enum(['DELETED', 'RUNNING', 'MISSING']),
  lua: `${endedFunction}
local status = redis.call('HGET', recordKey, 'status')
if not status then return 'MISSING' end
if not ended(status) then return 'RUNNING' end
redis.call('DEL', logKey, dataKeyKey, statesKey, positionKey, requestKey, readersKey, segmentsKey, fingerprintsKey)
return 'DELETED'
`,
})
