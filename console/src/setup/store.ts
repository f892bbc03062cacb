import { api, resultOf } from '../api/client.ts'
import type { StreamList } from '../api/types.ts'
import { type WebhookDraft, webhookOf } from '../webhooks/webhook.ts'
import { configOf, type Draft } from './draft.ts'

/** Makes the connection as it was described, or changes and resumes the one that signing in at Intercom has made. */
export async function store(
  connectionId: string,
  draft: Draft,
  { token, streams, webhook }: { token: string; streams: StreamList; webhook: WebhookDraft },
): Promise<void> {
  const params = { path: { connectionId } }
  const { schedule, ack } = draft
  const webhooks = webhook.url === '' ? {} : { webhooks: [webhookOf(webhook)] }
  if (draft.signedInAs === undefined) {
    const body = { config: configOf(draft, token), streams, schedule, ack, ...webhooks }
    // Another tab, or a colleague, may have set one up with this name meanwhile.
    const asNew = { ...params, header: { 'if-none-match': '*' as const } }
    await resultOf(api.PUT('/v1/connections/{connectionId}', { params: asNew, body }))
    return
  }
  const { start_date: startDate = null } = configOf(draft, '')
  const body = {
    config: { start_date: startDate },
    streams,
    schedule: { ...schedule },
    ack,
    paused: false,
    ...webhooks,
  }
  await resultOf(api.PATCH('/v1/connections/{connectionId}', { params, body }))
}
