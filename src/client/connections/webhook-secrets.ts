import { isObject } from '../../json-object.ts'

/** A secret of a webhook that the service has made just now, and shows this once. */
export interface WebhookSecret {
  url: string
  secret: string
}

/** Those in the answer to a call that changes a connection; every other secret in it is masked. */
export function madeSecretsIn(connection: unknown): WebhookSecret[] {
  const webhooks = isObject(connection) && Array.isArray(connection.webhooks) ? connection.webhooks : []
  return webhooks.filter(isObject).flatMap(({ url, secret }) => {
    const isShown = typeof secret === 'string' && secret.startsWith('whsec_')
    return isShown ? [{ url: String(url), secret }] : []
  })
}

/** Tells them to whoever must note them down. */
export function secretLines(connectionId: string, secrets: readonly WebhookSecret[]): string {
  return secrets
    .map(({ url, secret }) => `${connectionId}: the secret of ${url} is ${secret}; it is shown this once\n`)
    .join('')
}
