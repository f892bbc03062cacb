import { type Static, Type } from 'typebox'
import { deliveryStatuses } from '../../store/webhooks/delivery-record.ts'
import { eventTypes, testEvent, usualEvents } from '../../webhooks/events.ts'
import { mostWebhooks } from '../../webhooks/webhook.ts'

/** Schemas of whom connections tell, and of what became of it. */

const closed = { additionalProperties: false }
const time = (description: string) => Type.String({ format: 'date-time', description })

/** Where messages go, and in which form. */
const receiverMembers = {
  url: Type.String({
    maxLength: 2000,
    description:
      'Starts with https://, and leads to a public address; others only where the operator allows it. Each once',
    examples: ['https://example.com/hooks/intercom'],
  }),
  secret: Type.Optional(
    Type.String({
      maxLength: 200,
      description:
        '`whsec_` and the base64 of 24 to 64 bytes: messages are signed with it. If it is left out, the one that is ' +
        'stored for this url stays; without one, the service makes one and shows it once, in the answer to PUT. ' +
        'Otherwise answers show a mask',
    }),
  ),
  format: Type.Optional(
    Type.String({
      enum: ['slack'],
      description: "What Slack's incoming webhooks take, in place of Standard Webhooks; it needs no secret",
    }),
  ),
}

const webhookSchema = Type.Object(
  {
    ...receiverMembers,
    events: Type.Optional(
      Type.Array(Type.String({ enum: [...eventTypes] }), {
        minItems: 1,
        description: `If they are left out: ${usualEvents.join(', ')}`,
      }),
    ),
  },
  { ...closed, description: 'See docs/webhooks.md for what is sent' },
)

/** Whom a connection tells, in bodies and in answers. */
export const webhookMembers = {
  webhooks: Type.Optional(
    Type.Array(webhookSchema, {
      maxItems: mostWebhooks,
      description: 'Who is told what becomes of the connection. Left out, nobody is',
    }),
  ),
}

export type WebhookBody = Static<typeof webhookSchema>

export const deliverySchema = Type.Object(
  {
    deliveryId: Type.String({ description: 'The `webhook-id` of all its tries' }),
    event: Type.String({ description: `An event, or ${testEvent}` }),
    jobId: Type.Optional(Type.Integer({ minimum: 1, description: 'The job that it is about' })),
    url: Type.Optional(Type.String({ description: 'Absent when the key that encrypted it is missing' })),
    status: Type.String({
      enum: [...deliveryStatuses],
      description: 'failed = no more tries follow, unless somebody asks for one',
    }),
    attempts: Type.Integer({ minimum: 0, description: 'Tries, ever' }),
    createdAt: time('When it was made'),
    lastAttemptAt: Type.Optional(time('When the latest try began')),
    lastStatusCode: Type.Optional(Type.Integer({ description: 'What the receiver answered to it, if it did' })),
    nextAttemptAt: Type.Optional(time('When it is tried next, if it is pending')),
    failure: Type.Optional(Type.String({ description: 'Why the latest try failed' })),
  },
  { $id: 'Delivery', title: 'Delivery' },
)

export type DeliveryBody = Static<typeof deliverySchema>

export const webhookTestBody = Type.Object(
  {
    ...receiverMembers,
    connectionId: Type.Optional(
      Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$', description: 'The name in the message; it need not exist yet' }),
    ),
  },
  {
    ...closed,
    description:
      'A webhook as a connection takes it. Without a `secret` the message is signed with one that nobody knows',
    examples: [{ url: 'https://example.com/hooks/intercom', format: 'slack' }],
  },
)

export const webhookTestSchema = Type.Object(
  {
    status: Type.String({ enum: ['delivered', 'failed'], description: 'delivered = the receiver answered with a 2xx' }),
    statusCode: Type.Optional(Type.Integer({ description: 'What it answered, if it did' })),
    failure: Type.Optional(Type.String({ description: 'Why it failed' })),
  },
  { description: 'What became of the test. It is not tried again, and is in no list' },
)
