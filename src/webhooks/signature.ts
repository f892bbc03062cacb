import { createHmac, randomBytes } from 'node:crypto'

const prefix = 'whsec_'
const newSecretBytes = 32

/** A new secret, in the form of Standard Webhooks. */
export function createWebhookSecret(): string {
  return `${prefix}${randomBytes(newSecretBytes).toString('base64')}`
}

/** What a secret has to be, for errors. */
export const secretForm = 'must be `whsec_` and the base64 of 24 to 64 bytes: whsec_$(openssl rand -base64 32)'

/** Whether a text is a secret of Standard Webhooks. */
export function isWebhookSecret(text: string): boolean {
  const encoded = text.slice(prefix.length)
  const bytes = Buffer.from(encoded, 'base64')
  const isSame = bytes.toString('base64').replace(/=+$/, '') === encoded.replace(/={0,2}$/, '')
  return text.startsWith(prefix) && isSame && bytes.length >= 24 && bytes.length <= 64
}

/** A message for one webhook, the same with every try. */
interface SignedMessage {
  deliveryId: string
  body: string
}

/** The headers of Standard Webhooks. @param now of this try, ms since the epoch */
export function standardHeaders({ deliveryId, body }: SignedMessage, secret: string | undefined, now: number) {
  const timestamp = String(Math.floor(now / 1000))
  const headers = { 'webhook-id': deliveryId, 'webhook-timestamp': timestamp }
  if (secret === undefined) return headers
  const key = Buffer.from(secret.slice(prefix.length), 'base64')
  const signature = createHmac('sha256', key).update(`${deliveryId}.${timestamp}.${body}`).digest('base64')
  return { ...headers, 'webhook-signature': `v1,${signature}` }
}
