import { CurlLine } from '../elements/copy-as-curl.tsx'
import { Field } from '../elements/field.tsx'
import { faultOfAddress, type WebhookDraft } from './webhook.ts'

interface WebhookFieldsProps {
  webhook: WebhookDraft
  onChange: (webhook: WebhookDraft) => void
}

/** Where messages go when a sync has ended, and in which form. */
export function WebhookFields({ webhook, onChange }: WebhookFieldsProps) {
  const { url, isSlack, secret } = webhook
  const fault = url === '' ? undefined : faultOfAddress(url)
  return (
    <>
      <div class="field-row">
        <Field
          label="Webhook address"
          hint="Told when a sync has ended, fails again and again, or has recovered."
          fault={fault}
        >
          {(attributes) => (
            <input
              {...attributes}
              type="url"
              value={url}
              placeholder="https://"
              autocomplete="off"
              spellcheck={false}
              onInput={({ currentTarget }) => onChange({ ...webhook, url: currentTarget.value })}
            />
          )}
        </Field>
        <Field label="Form" hint="Slack takes a sentence; programs take signed JSON.">
          {(attributes) => (
            <select
              {...attributes}
              value={isSlack ? 'slack' : 'standard'}
              onChange={({ currentTarget }) => onChange({ ...webhook, isSlack: currentTarget.value === 'slack' })}
            >
              <option value="standard">Standard Webhooks</option>
              <option value="slack">Slack</option>
            </select>
          )}
        </Field>
      </div>
      {url !== '' && !isSlack && (
        <>
          <p>The receiver checks messages with this secret. Copy it now: it is not shown again.</p>
          <CurlLine line={secret} />
        </>
      )}
    </>
  )
}
