import { type Static, Type } from 'typebox'
import { mostFaults } from '../../errors.ts'
import { jobTypes, waits } from '../../store/job.ts'
import { connectionIdSchema } from './list-schemas.ts'
import { byDefault } from './parameters.ts'
import { exampleConfig } from './payload-schemas.ts'
import { onMissingPermission } from './permission-schemas.ts'
import { listedStreamSchema } from './stream-schemas.ts'

/** The schemas of the API: they check requests, serialise answers and make up the OpenAPI document. */

/** Longest wait for a change of a job, s. Most proxies give up after 60 s without an answer. */
export const longestWait = 50

export const messagesType = 'application/x-ndjson'

/** The header, or trailer, that says how the job of these messages has ended. */
export const jobStatusHeader = 'Job-Status'

const time = (description: string) => Type.String({ format: 'date-time', description })
const count = (description: string) => Type.Integer({ minimum: 0, description })

const failureTypes = ['config_error', 'transient_error', 'system_error']

const failureSchema = Type.Object({
  code: Type.String({ description: 'A code of the error table' }),
  message: Type.String(),
  failureType: Type.String({ enum: failureTypes }),
  streamName: Type.Optional(Type.String()),
})

export const jobSchema = Type.Object(
  {
    jobId: Type.Integer({ minimum: 1 }),
    jobType: Type.String({
      enum: [...jobTypes],
      description:
        'refresh = a full refresh that a connection makes beside its syncs (`fullRefresh`); it neither reads nor moves ' +
        'the state',
    }),
    status: Type.String({
      enum: ['pending', 'running', 'incomplete', 'succeeded', 'failed', 'cancelled'],
      description: 'incomplete = an attempt failed and another follows; the last three are final',
    }),
    connectionId: Type.Optional(Type.String()),
    scheduledFor: Type.Optional(time('The due time that it is for, if a schedule has started it')),
    createdAt: time('When the job was asked for'),
    startTime: Type.Optional(time('When its first attempt began')),
    lastUpdatedAt: time('When anything about it last changed'),
    duration: Type.String({ description: 'ISO 8601, from its start to its end or to now', examples: ['PT1H2M3.45S'] }),
    rowsSynced: count('RECORD messages in the log, without tombstones'),
    bytesSynced: count('Bytes of NDJSON in the log'),
    messageCount: count('Messages in the log: the offset after the last of them'),
    logEpoch: Type.String({ description: 'Changes when Redis has lost messages that a client may have read' }),
    attempts: count('Attempts so far'),
    cancelRequested: Type.Optional(
      Type.Literal(true, { description: 'A cancel was requested. The job ends as soon as its worker notices' }),
    ),
    waitingFor: Type.Optional(
      Type.String({
        enum: [...waits],
        description:
          "What the job waits for. rate_limit = Intercom's rate limit, or the one of the config; scroll = the scroll of " +
          'companies, which another job or application has; retry = an attempt failed, and the next has its time; ' +
          'worker = no worker process is running; log_space = the log is full, and goes on when messages are acknowledged',
      }),
    ),
    waitingUntil: Type.Optional(time('When it goes on at the latest, if that is known')),
    rate: Type.Optional(
      Type.Number({ minimum: 0, description: 'While it runs: records per second over the last half minute' }),
    ),
    rateLimit: Type.Optional(
      Type.Object(
        {
          limit: count('Requests that Intercom allows in a window of 10 seconds'),
          remaining: count('How many of them were left. Other applications with the same limit spend them, too'),
          resetsAt: time('When the next window begins. From then on as many as `limit` are left'),
        },
        { description: "While it runs: what Intercom's latest answer said of its rate limit" },
      ),
    ),
    streams: Type.Array(listedStreamSchema),
    skippedStreams: Type.Optional(
      Type.Array(Type.String(), {
        description: 'Streams that were left out because the token may not read them (`onMissingPermission: "skip"`)',
      }),
    ),
    failure: Type.Optional(failureSchema),
  },
  { $id: 'Job', title: 'Job' },
)

export const problemSchema = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String(),
    code: Type.String({ description: 'Does not change between versions; listed in docs/errors.md' }),
    errors: Type.Optional(
      Type.Array(
        Type.Object({
          pointer: Type.String({ description: 'JSON pointer into the body, or the name of a parameter' }),
          detail: Type.String(),
        }),
        { maxItems: mostFaults, description: `The faults of a bad request, the first ${mostFaults} of them` },
      ),
    ),
    errorCount: Type.Optional(Type.Integer({ minimum: 1, description: 'How many faults there are in all' })),
    requestId: Type.Optional(Type.String({ description: 'On a 5xx: the request id to look for in the service log' })),
  },
  { $id: 'Problem', title: 'Problem', description: 'RFC 9457', additionalProperties: true },
)

const closed = { additionalProperties: false }

/** A query without parameters: any parameter is refused, never ignored. */
export const noQuery = Type.Object({}, closed)

export const jobParameters = Type.Object({ jobId: Type.Integer({ minimum: 1, maximum: 999_999_999_999_999 }) })

/** The contents of the members are checked when a sync job is made from them. */
export const newJobBody = Type.Object(
  {
    config: Type.Optional(Type.Ref('SourceConfig')),
    connectionId: Type.Optional(connectionIdSchema),
    catalog: Type.Optional(Type.Ref('Catalog')),
    streams: Type.Optional(Type.Ref('StreamList')),
    state: Type.Optional(Type.Ref('GivenStates')),
    onMissingPermission: Type.Optional(onMissingPermission("The connection's, else `fail`, if it is left out")),
  },
  {
    ...closed,
    description: '`config` or `connectionId`; `catalog` or `streams` or neither; `state` to continue from',
    examples: [{ config: exampleConfig, streams: ['contacts', 'companies'] }],
  },
)

export const newJobHeaders = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({
      pattern: '^[\\x20-\\x7e]{1,255}$',
      description:
        '1 to 255 printable characters. Within 24 h, repeating a request with the same key makes no second job',
    }),
  ),
})

/** Whoever counts lines must know that some are blank, so they come only when asked for. */
const heartbeat = byDefault(
  Type.Integer({
    minimum: 0,
    maximum: 3600,
    default: 0,
    description:
      'Send a blank line after this many seconds without a message; it does not count as a message. 0 = never',
  }),
)

export const newJobQuery = Type.Object(
  {
    grace: byDefault(
      Type.Integer({
        minimum: 0,
        maximum: 86_400,
        default: 30,
        description: 'Live messages only: seconds without a reader after which the job is cancelled',
      }),
    ),
    detach: byDefault(
      Type.Boolean({ default: false, description: 'Live messages only: the job continues without readers' }),
    ),
    heartbeat,
    onConflict: byDefault(
      Type.String({
        enum: ['refuse', 'join'],
        default: 'refuse',
        description:
          'While another job of the connection runs: `connection_busy`, or that job in place of a new one, if it was started with the same body and settings and is not about to end',
      }),
    ),
  },
  closed,
)

export const epochParameter = Type.Optional(
  Type.String({
    maxLength: 200,
    description: 'The Log-Epoch header that came with the messages you have, or with the answer that started the job',
  }),
)

/** Identifies the job, in case its id belongs to another job by now. */
export const epochQuery = Type.Object({ epoch: epochParameter }, closed)

export const jobQuery = Type.Object(
  {
    epoch: epochParameter,
    wait: byDefault(
      Type.Integer({
        minimum: 0,
        maximum: 60,
        default: 0,
        description: `Seconds to wait for the status to change, ${longestWait} at most: the answer to a larger value comes then, too`,
      }),
    ),
  },
  closed,
)

export const messagesQuery = Type.Object(
  {
    after: byDefault(Type.Integer({ minimum: 0, default: 0, description: 'How many messages you already have' })),
    follow: byDefault(
      Type.Boolean({
        default: true,
        description: 'Wait for more messages until the job ends; false = return what is there now',
      }),
    ),
    heartbeat,
    epoch: epochParameter,
  },
  closed,
)

export const healthSchema = Type.Object({ status: Type.String({ enum: ['ok'] }) })

export type JobBody = Static<typeof jobSchema>
