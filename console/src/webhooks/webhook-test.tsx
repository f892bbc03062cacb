import { useState } from 'preact/hooks'
import { api, resultOf } from '../api/client.ts'
import type { CurlCall } from '../api/curl.ts'
import { useAction } from '../api/use-action.ts'
import { Notice, Problem } from '../elements/notice.tsx'
import { faultOfAddress, shownWebhook, type WebhookDraft, webhookOf } from './webhook.ts'

interface WebhookTestProps {
  connectionId: string
  webhook: WebhookDraft
}

/** Sends a test to a webhook that no source has yet, and says what became of it. Nothing without an address. */
export function WebhookTest({ connectionId, webhook }: WebhookTestProps) {
  const subject = JSON.stringify(webhook)
  const [sent, setSent] = useState<{ subject: string; failure: string | undefined }>()
  const send = useAction(async () => {
    setSent(undefined)
    const { status, failure } = await resultOf(
      api.POST('/v1/webhooks/test', { body: { ...webhookOf(webhook), connectionId } }),
    )
    setSent({ subject, failure: status === 'delivered' ? undefined : (failure ?? 'it did not say why') })
  })
  if (faultOfAddress(webhook.url) !== undefined) return null
  return (
    <>
      <button type="button" onClick={() => void send.run()} disabled={send.isRunning}>
        Send a test
      </button>
      {sent?.subject === subject &&
        (sent.failure === undefined ? (
          <Notice tone="good" title="The receiver took the test" />
        ) : (
          <Notice tone="problem" title="The test did not arrive">
            <p>The receiver {sent.failure}.</p>
          </Notice>
        ))}
      {send.problem && <Problem problem={send.problem} />}
    </>
  )
}

/** The same as a line for a shell. */
export function webhookTestCall(connectionId: string, webhook: WebhookDraft): CurlCall {
  return { method: 'POST', path: 'v1/webhooks/test', body: { ...shownWebhook(webhook), connectionId } }
}
