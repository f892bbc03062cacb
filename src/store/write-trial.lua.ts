import Type from 'typebox'
import { defineScript } from './script.ts'

/** Writes a key that goes by itself, and publishes a message about no job: what a full or read-only Redis refuses. */
export const tryWritingScript = defineScript({
  name: 'syncTryWriting',
  keys: ['trialKey'],
  args: ['channel', 'timeToLiveMs'],
  reply: Type.Literal('WRITTEN'),
  lua: `
redis.call('PUBLISH', channel, '')
redis.call('SET', trialKey, '', 'PX', timeToLiveMs)
return 'WRITTEN'
`,
})
