import Type from 'typebox'
import { defineScript } from '../script.ts'
import { tellFunctions } from '../webhooks/tell.lua.ts'

/**
 * Lua: sets the schedule of one kind of job, unless it is set already. What was due before is not due any more, and no
 * due time that is over comes again, whatever the clocks of processes say.
 */
export const setScheduleFunction = `
local function begin(recordKey, dueField, now)
  local last = tonumber(redis.call('HGET', recordKey, dueField) or 0)
  redis.call('HSET', recordKey, dueField, string.format('%.0f', math.max(tonumber(now), last)))
end
local function setSchedule(recordKey, field, setAtField, dueField, schedule, now)
  if (redis.call('HGET', recordKey, field) or '') == schedule then return end
  if schedule == '' then
    redis.call('HDEL', recordKey, field, setAtField)
    return
  end
  redis.call('HSET', recordKey, field, schedule, setAtField, now)
  begin(recordKey, dueField, now)
end
local function setPaused(recordKey, paused, now)
  if paused == '1' then
    redis.call('HSET', recordKey, 'paused', 1)
  elseif redis.call('HEXISTS', recordKey, 'paused') == 1 then
    begin(recordKey, 'lastDue', now)
    begin(recordKey, 'lastFullRefreshDue', now)
    redis.call('HDEL', recordKey, 'paused')
  end
end
-- What nobody could sync while a token was refused is not due any more.
local function signedIn(recordKey, now)
  if redis.call('HEXISTS', recordKey, 'signInNeededAt') == 0 then return end
  begin(recordKey, 'lastDue', now)
  begin(recordKey, 'lastFullRefreshDue', now)
  redis.call('HDEL', recordKey, 'signInNeededAt', 'notBefore')
end
`

/** Pauses what a connection does by itself, or lets it go on: what was due meanwhile is not due any more. */
export const pauseScript = defineScript({
  name: 'syncPause',
  keys: ['recordKey'],
  args: [
    'now',
    /** '1' or ''. */
    'paused',
  ],
  reply: Type.Enum(['DONE', 'MISSING']),
  lua: `${setScheduleFunction}
if redis.call('EXISTS', recordKey) == 0 then return 'MISSING' end
setPaused(recordKey, paused, now)
return 'DONE'
`,
})

/**
 * Due times are over without a job. Replies SKIPPED, or TAKEN when another process has seen to them, or the connection
 * is gone.
 */
export const skipDueScript = defineScript({
  name: 'syncSkipDue',
  keys: ['recordKey', 'eventsKey'],
  args: [
    /** The field of the latest due time that is over, and what it must hold. */
    'dueField',
    'expectedDue',
    /** The latest of those that are over now. */
    'dueAt',
    /** How many count as skipped. */
    'count',
    /** JSON: what the event about them says. */
    'about',
  ],
  reply: Type.Enum(['SKIPPED', 'TAKEN']),
  lua: `${tellFunctions}
if redis.call('HGET', recordKey, dueField) ~= expectedDue then return 'TAKEN' end
redis.call('HSET', recordKey, dueField, dueAt)
if count ~= '0' then
  redis.call('HINCRBY', recordKey, 'skippedRuns', count)
  tell(eventsKey, recordKey, 'schedule.skipped', about)
end
return 'SKIPPED'
`,
})
