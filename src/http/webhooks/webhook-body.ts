import type { Clock } from '../../clock.ts'
import type { Fault } from '../../errors.ts'
import { usualEvents } from '../../webhooks/events.ts'
import { ReceiverRefusedError, type Receivers, UnknownHostError } from '../../webhooks/receivers.ts'
import { createWebhookSecret, isWebhookSecret, secretForm } from '../../webhooks/signature.ts'
import type { Webhook } from '../../webhooks/webhook.ts'
import { invalidRequest } from '../requests/validation.ts'
import { secretMask } from './secret-mask.ts'
import type { WebhookBody } from './webhook-schemas.ts'

/** Webhooks that somebody puts. */
export interface AskedWebhooks {
  webhooks: Webhook[]
  /** Secrets that were made for them, by their addresses. */
  made: ReadonlyMap<string, string>
}

/** DNS may not make a call wait for longer, ms; an address that is not known by then is looked at when a message is sent. */
const lookMs = 3000

/**
 * Whom a connection is to tell.
 *
 * @param stored its webhooks as they are
 * @param pointerOf where each of them stands in the body
 * @throws CodedError `invalid_request`
 */
export async function readWebhooks(
  bodies: readonly WebhookBody[],
  stored: readonly Webhook[],
  { receivers, clock }: { receivers: Receivers; clock: Clock },
  pointerOf = (place: number) => `/webhooks/${place}`,
): Promise<AskedWebhooks> {
  const faults: Fault[] = []
  const over = new AbortController()
  const late = clock.sleep(lookMs, over.signal).catch(() => undefined)
  const refusals = await Promise.all(bodies.map(({ url }) => Promise.race([refusalOf(receivers, url), late])))
  over.abort()
  for (const [place, { url, secret }] of bodies.entries()) {
    const fault = (member: string, detail: string) => faults.push({ pointer: `${pointerOf(place)}/${member}`, detail })
    const refusal = refusals[place]
    if (refusal !== undefined) fault('url', refusal)
    if (bodies.findIndex((other) => other.url === url) < place)
      fault('url', 'is there already; name all events in one place')
    if (secret !== undefined && secret !== secretMask && !isWebhookSecret(secret)) fault('secret', secretForm)
  }
  if (faults.length > 0) throw invalidRequest(faults)
  const made = new Map<string, string>()
  return { webhooks: bodies.map((body, place) => toWebhook(body, pointerOf(place), stored, made)), made }
}

/** Why messages may not be sent there; undefined if they may, or nobody knows yet. */
async function refusalOf(receivers: Receivers, url: string): Promise<string | undefined> {
  try {
    await receivers.find(url)
    return undefined
  } catch (error) {
    if (error instanceof ReceiverRefusedError) return error.message
    if (error instanceof UnknownHostError) return undefined
    throw error
  }
}

/** @throws CodedError `invalid_request` for a mask that stands for nothing */
function toWebhook(
  { url, secret, format, events }: WebhookBody,
  pointer: string,
  stored: readonly Webhook[],
  made: Map<string, string>,
): Webhook {
  const before = stored.find((webhook) => webhook.url === url)?.secret
  if (secret === secretMask && before === undefined)
    throw invalidRequest([
      {
        pointer: `${pointer}/secret`,
        detail: 'is the mask of a secret, and none is stored for this url: put the secret itself, or leave it out',
      },
    ])
  const given = secret === undefined || secret === secretMask ? before : secret
  const needsSecret = format !== 'slack' && given === undefined
  const used = needsSecret ? createWebhookSecret() : given
  if (needsSecret && used !== undefined) made.set(url, used)
  return {
    url,
    ...(used !== undefined && { secret: used }),
    format: format === 'slack' ? 'slack' : 'standard',
    events: [...new Set(events ?? usualEvents)],
  }
}

/** Webhooks as the API shows them. @param made secrets that are shown this once */
export function toWebhooksBody(webhooks: readonly Webhook[], made: ReadonlyMap<string, string> = new Map()) {
  return webhooks.map(({ url, secret, format, events }) => ({
    url,
    ...(secret !== undefined && { secret: made.get(url) ?? secretMask }),
    ...(format === 'slack' && { format }),
    events: [...events],
  }))
}
