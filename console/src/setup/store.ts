import { api, resultOf } from '../api/client.ts'
import type { CurlCall } from '../api/curl.ts'
import type { StreamList } from '../api/types.ts'
import { shownWebhook, type Webhook, type WebhookDraft, webhookOf } from '../webhooks/webhook.ts'
import { accessOf, configOf, type Draft, shownAccess } from './draft.ts'

/** What stands in the page beside the draft. */
export interface SetUp {
  draft: Draft
  token: string
  streams: StreamList
  webhook: WebhookDraft
}

/** Another tab, or a colleague, may have set one up with this name meanwhile. */
const asNew = { 'if-none-match': '*' } as const

/** Makes the connection as it was described, or changes and resumes the one that signing in at Intercom has made. */
export async function store(connectionId: string, setUp: SetUp): Promise<void> {
  const { draft, token, webhook } = setUp
  const params = { path: { connectionId } }
  if (draft.signedInAs === undefined) {
    const body = { config: configOf(draft, token), ...settingsOf(setUp, webhookOf(webhook)) }
    await resultOf(api.PUT('/v1/connections/{connectionId}', { params: { ...params, header: asNew }, body }))
    return
  }
  const body = changesOf(setUp, webhookOf(webhook))
  await resultOf(api.PATCH('/v1/connections/{connectionId}', { params, body }))
}

/** The same calls as lines for a shell. */
export function setUpCalls(connectionId: string, setUp: SetUp): Record<string, CurlCall> {
  const { draft, token, webhook } = setUp
  const path = `v1/connections/${connectionId}`
  const shown = shownWebhook(webhook)
  const access = shownAccess(accessOf(draft, token))
  return {
    'Make the source':
      'config' in access
        ? { method: 'PUT', path, headers: asNew, body: { ...access, ...settingsOf(setUp, shown) } }
        : { method: 'PATCH', path, body: changesOf(setUp, shown) },
    'Start the first sync': { method: 'POST', path: 'v1/jobs', body: { connectionId } },
  }
}

function settingsOf({ draft: { schedule, ack }, streams, webhook }: SetUp, told: Webhook) {
  return { streams, schedule, ack, ...(webhook.url !== '' && { webhooks: [told] }) }
}

/** What the connection that signing in has made does not have yet. */
function changesOf(setUp: SetUp, told: Webhook) {
  const { start_date: startDate = null } = configOf(setUp.draft, '')
  const { schedule, ...settings } = settingsOf(setUp, told)
  return { config: { start_date: startDate }, ...settings, schedule: { ...schedule }, paused: false }
}
