import { type Static, Type } from 'typebox'
import { acks } from '../../schedules/connection-schedule.ts'
import { jobStatuses, jobTypes } from '../../store/job.ts'

/** Schemas of what connections do by themselves. */

const closed = { additionalProperties: false }
const time = (description: string) => Type.String({ format: 'date-time', description })
const count = (description: string) => Type.Integer({ minimum: 0, description })

const scheduleSchema = (description: string) =>
  Type.Object(
    {
      type: Type.String({ enum: ['manual', 'cron', 'interval'] }),
      cron: Type.Optional(
        Type.String({
          maxLength: 200,
          description: 'Minute, hour, day of the month, month, day of the week',
          examples: ['0 3 * * *'],
        }),
      ),
      timeZone: Type.Optional(
        Type.String({
          maxLength: 100,
          description:
            'Of the IANA database; UTC if it is left out. A time that the clock skips is due right after the gap, and ' +
            'one that comes twice is due once',
          examples: ['Europe/Berlin'],
        }),
      ),
      every: Type.Optional(
        Type.String({ maxLength: 50, description: 'An ISO 8601 duration, from when it was set', examples: ['PT1H'] }),
      ),
    },
    { ...closed, description },
  )

/** What a connection does by itself, in bodies and in answers. */
export const scheduleMembers = {
  schedule: Type.Optional(
    scheduleSchema(
      'When syncs begin by themselves: `cron` with `cron` and `timeZone`, `interval` with `every`, or never',
    ),
  ),
  ack: Type.Optional(
    Type.String({
      enum: [...acks],
      description:
        'Who takes the messages. client = clients acknowledge them, and the next scheduled sync waits until they have; ' +
        'on_success = a job that succeeds counts as acknowledged, and its messages stay for their retention',
    }),
  ),
  fullRefresh: Type.Optional(
    Type.Object(
      {
        schedule: scheduleSchema('When full refreshes begin by themselves'),
        streams: Type.Array(Type.String(), {
          minItems: 1,
          maxItems: 100,
          description: "Streams of the connection's catalog",
        }),
      },
      {
        ...closed,
        description:
          'Full refreshes beside the syncs. They neither read nor move the state; one that is due while a job runs ' +
          'begins after it',
      },
    ),
  ),
  paused: Type.Optional(
    Type.Boolean({
      description: 'Nothing begins by itself, and nothing counts as skipped. Left out, it stays as it is',
    }),
  ),
}

export type ScheduleBody = Static<ReturnType<typeof scheduleSchema>>

const lastJob = Type.Object(
  {
    jobId: Type.Integer({ minimum: 1 }),
    jobType: Type.String({ enum: [...jobTypes] }),
    status: Type.String({ enum: [...jobStatuses] }),
    scheduledFor: Type.Optional(time('The due time that it is for, if a schedule has started it')),
    createdAt: time('When it was asked for'),
    lastUpdatedAt: time('When anything about it last changed'),
    rowsSynced: count('RECORD messages in its log, without tombstones'),
    failure: Type.Optional(Type.Object({ code: Type.String(), message: Type.String() })),
  },
  { description: 'Its latest job, whoever started it' },
)

/** What came of a schedule. Only in answers. */
export const runMembers = {
  health: Type.Optional(
    Type.String({
      enum: ['needs_sign_in', 'failing', 'waiting_for_acknowledgement', 'ok'],
      description:
        'The first that holds. needs_sign_in = Intercom no longer accepts the access token, and nothing begins by itself until ' +
        'somebody signs in or puts another token; failing = the last five syncs have failed; waiting_for_acknowledgement = a client must ' +
        'acknowledge messages before the next scheduled sync begins',
    }),
  ),
  nextRuns: Type.Optional(
    Type.Array(Type.String({ format: 'date-time' }), {
      description:
        'When the next syncs are due, five of them; one in lists, and none while paused or without a sign-in',
    }),
  ),
  lastJob: Type.Optional(lastJob),
  lastSuccessAt: Type.Optional(time('When a sync last succeeded')),
  consecutiveFailures: Type.Optional(count('Syncs that have failed since')),
  skippedRuns: Type.Optional(
    count(
      'Due times without a job, ever: another job ran, messages were not acknowledged, a sync had failed just before, or ' +
        'the service was down; after such a time the latest one is made up for',
    ),
  ),
  untakenRuns: Type.Optional(
    count('Syncs whose messages were gone before a client had acknowledged them; the next one delivers them again'),
  ),
}
