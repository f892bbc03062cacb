import { createHash } from 'node:crypto'
import Type from 'typebox'

/** `standard`: the body and the headers of Standard Webhooks. `slack`: what Slack's incoming webhooks take. */
const webhookFormats = ['standard', 'slack'] as const
export type WebhookFormat = (typeof webhookFormats)[number]

/** So many webhooks a connection may have. */
export const mostWebhooks = 10

/** Whom a connection tells what becomes of it. The address may be a secret, as Slack's are; the secret always is one. */
export interface Webhook {
  /** Each connection has an address once, so that it names the webhook. */
  url: string
  /** `whsec_…`; without one, messages are not signed. */
  secret?: string | undefined
  format: WebhookFormat
  /** A later version may know others than this one. */
  events: string[]
}

/** The webhooks of a connection as they are read back. */
export const StoredWebhooks = Type.Array(
  Type.Object({
    url: Type.String(),
    secret: Type.Optional(Type.String()),
    format: Type.Enum([...webhookFormats]),
    events: Type.Array(Type.String()),
  }),
)

/** The place where the messages of one webhook wait for each other. Without colons, and without the address itself. */
export function webhookPlaceOf(tenant: string, connectionId: string, url: string): string {
  return digest([tenant, connectionId, url], 16)
}

/**
 * The id of what one webhook is told of one cause, the same whoever works it out, and however often. So if Redis loses
 * that it was sent, a receiver recognizes it.
 */
export function deliveryIdOf(cause: readonly (string | number)[], place: string): string {
  return `msg_${digest([...cause, place], 27)}`
}

function digest(parts: readonly (string | number)[], length: number): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, length)
}
