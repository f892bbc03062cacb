import type { CurlCall } from '../api/curl.ts'
import { CurlMenu } from '../elements/copy-as-curl.tsx'
import { faultOfAddress, type WebhookDraft } from '../webhooks/webhook.ts'
import { WebhookFields } from '../webhooks/webhook-fields.tsx'
import { WebhookTest, webhookTestCall } from '../webhooks/webhook-test.tsx'
import { AckFields } from './ack-fields.tsx'
import type { Draft } from './draft.ts'
import { ScheduleFields, scheduleFault } from './schedule-fields.tsx'

interface ScheduleStepProps {
  draft: Draft
  change: (part: Partial<Draft>) => void
  webhook: WebhookDraft
  onWebhook: (webhook: WebhookDraft) => void
  /** What *Set up source* does. */
  calls: Record<string, CurlCall>
  isRunning: boolean
  onBack: () => void
  onSetUp: () => void
}

/** When it syncs by itself, and who takes what comes. */
export function ScheduleStep(props: ScheduleStepProps) {
  const { draft, change, webhook, onWebhook, calls, isRunning, onBack, onSetUp } = props
  const { schedule, ack } = draft
  const connectionId = draft.signedInAs ?? draft.name
  const isAddressWrong = webhook.url !== '' && faultOfAddress(webhook.url) !== undefined
  const isWrong = scheduleFault(schedule) !== undefined || isAddressWrong
  return (
    <form
      class="setup"
      onSubmit={(event) => {
        event.preventDefault()
        if (!isWrong) onSetUp()
      }}
    >
      <ScheduleFields schedule={schedule} onChange={(changed) => change({ schedule: changed })} />
      <AckFields ack={ack} onChange={(changed) => change({ ack: changed })} />
      <fieldset>
        <legend>Who is told</legend>
        <WebhookFields webhook={webhook} onChange={onWebhook} />
        {webhook.url === '' && <p class="hint">Leave it empty to tell nobody.</p>}
        <WebhookTest {...{ connectionId, webhook }} />
      </fieldset>
      <p class="muted">The first sync starts at once.</p>
      <div class="actions">
        <button type="button" onClick={onBack} disabled={isRunning}>
          Back
        </button>
        <button type="submit" class="main" disabled={isRunning || isWrong}>
          Set up source
        </button>
      </div>
      <CurlMenu
        calls={{ ...calls, ...(webhook.url !== '' && { 'Send a test': webhookTestCall(connectionId, webhook) }) }}
      />
    </form>
  )
}
