import { faultOfAddress, type WebhookDraft } from '../webhooks/webhook.ts'
import { WebhookFields } from '../webhooks/webhook-fields.tsx'
import { AckFields } from './ack-fields.tsx'
import type { Draft } from './draft.ts'
import { ScheduleFields, scheduleFault } from './schedule-fields.tsx'

interface ScheduleStepProps {
  draft: Draft
  change: (part: Partial<Draft>) => void
  webhook: WebhookDraft
  onWebhook: (webhook: WebhookDraft) => void
  isRunning: boolean
  onBack: () => void
  onSetUp: () => void
}

/** When it syncs by itself, and who takes what comes. */
export function ScheduleStep({ draft, change, webhook, onWebhook, isRunning, onBack, onSetUp }: ScheduleStepProps) {
  const { schedule, ack } = draft
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
        <p class="hint">Leave it empty to tell nobody. A test can be sent from the page of the source.</p>
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
    </form>
  )
}
