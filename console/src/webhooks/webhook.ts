import { shellSecrets } from '../api/curl.ts'
import type { Connection } from '../api/types.ts'

export type Webhook = NonNullable<Connection['webhooks']>[number]

/** Where messages go, and in which form. */
export interface WebhookAddress {
  url: string
  isSlack: boolean
}

/** A webhook as somebody is describing it. */
export interface WebhookDraft extends WebhookAddress {
  /** Messages are signed with it. It is made here, so that the page can show it before anything is stored. */
  secret: string
}

export function newWebhook(): WebhookDraft {
  const bytes = crypto.getRandomValues(new Uint8Array(32))
  return { url: '', isSlack: false, secret: `whsec_${btoa(String.fromCharCode(...bytes))}` }
}

/** As a connection takes it. */
export function webhookOf({ url, isSlack, secret }: WebhookDraft): Webhook {
  return { url: url.trim(), ...(isSlack ? { format: 'slack' } : { secret }) }
}

/** The same for a curl line, which takes the secret from the environment. */
export function shownWebhook(webhook: WebhookDraft): Webhook {
  return webhookOf({ ...webhook, secret: shellSecrets.webhook })
}

/** @returns what is wrong with an address, as far as the page can tell; the service knows more */
export function faultOfAddress(url: string): string | undefined {
  if (URL.canParse(url.trim()) && /^https?:\/\//i.test(url.trim())) return undefined
  return 'Write the whole address, such as https://example.com/hooks/intercom.'
}
