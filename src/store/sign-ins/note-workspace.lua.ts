import Type from 'typebox'
import { activeJobFunction, endedFunction } from '../lua-functions.ts'
import { defineScript } from '../script.ts'

/**
 * A job tells its connection whose data it reads. The first one that knows decides; whatever the answer, a job that no
 * longer has the connection decides nothing.
 *
 * Replies [NOTED], or [KNOWN, the workspace that the connection is of].
 */
export const noteWorkspaceScript = defineScript({
  name: 'syncNoteWorkspace',
  keys: ['connectionKey'],
  args: [
    'workspaceId',
    'jobId',
    /** The parts before and after a job's id in the key of its record. */
    'beforeId',
    'afterId',
  ],
  reply: Type.Union([Type.Tuple([Type.Literal('NOTED')]), Type.Tuple([Type.Literal('KNOWN'), Type.String()])]),
  lua: `${endedFunction}${activeJobFunction}
local known = redis.call('HGET', connectionKey, 'workspace')
if known then return {'KNOWN', known} end
if activeJob(connectionKey, beforeId, afterId) == jobId then
  redis.call('HSET', connectionKey, 'workspace', workspaceId)
end
return {'NOTED'}
`,
})
