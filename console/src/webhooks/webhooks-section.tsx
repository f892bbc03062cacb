import { useState } from 'preact/hooks'
import { api, resultOf } from '../api/client.ts'
import type { CurlCall } from '../api/curl.ts'
import type { Connection } from '../api/types.ts'
import { useAction } from '../api/use-action.ts'
import { useResource } from '../api/use-resource.ts'
import { CopyAsCurl, CurlMenu } from '../elements/copy-as-curl.tsx'
import { Problem } from '../elements/notice.tsx'
import { DeliveryList } from './delivery-list.tsx'
import { faultOfAddress, newWebhook, shownWebhook, type Webhook, webhookOf } from './webhook.ts'
import { WebhookFields } from './webhook-fields.tsx'

const refreshMs = 5000
const shownDeliveries = 10

/** Who is told what becomes of a source, and what became of the deliveries. */
export function WebhooksSection({ connection, reload }: { connection: Connection; reload: () => void }) {
  const { connectionId, webhooks = [] } = connection
  const params = { path: { connectionId } }
  const [added, setAdded] = useState(newWebhook)
  const [isAdding, setAdding] = useState(false)
  const deliveries = useResource(
    `deliveries of ${connectionId}`,
    (signal) =>
      resultOf(
        api.GET('/v1/connections/{connectionId}/deliveries', {
          params: { ...params, query: { limit: shownDeliveries } },
          signal,
        }),
      ),
    refreshMs,
  )
  const store = useAction(async (changed: Webhook[]) => {
    // The secrets of those that stay are masks here; a mask keeps what is stored.
    await resultOf(api.PATCH('/v1/connections/{connectionId}', { params, body: { webhooks: changed } }))
    setAdding(false)
    setAdded(newWebhook())
    reload()
  })
  const test = useAction(async () => {
    await resultOf(api.POST('/v1/connections/{connectionId}/webhooks/test', { params }))
    deliveries.reload()
  })
  const problem = store.problem ?? test.problem
  const path = `v1/connections/${connectionId}`
  const patchCall = (changed: Webhook[]): CurlCall => ({ method: 'PATCH', path, body: { webhooks: changed } })
  const without = (removed: string) => webhooks.filter(({ url }) => url !== removed)
  const removals = webhooks.map(({ url }) => [`Remove ${url}`, patchCall(without(url))] as const)
  return (
    <section aria-labelledby="webhooks">
      <div class="section-head">
        <h2 id="webhooks">Webhooks</h2>
        {webhooks.length > 0 && (
          <button type="button" class="small" onClick={() => void test.run()} disabled={test.isRunning}>
            Send a test
          </button>
        )}
        {!isAdding && (
          <button type="button" class="quiet small" onClick={() => setAdding(true)}>
            Add a webhook
          </button>
        )}
      </div>
      {problem && <Problem problem={problem} />}
      {webhooks.length === 0 && !isAdding && <p class="muted">Nobody is told when a sync has ended or fails.</p>}
      {webhooks.length > 0 && (
        <ul class="rows webhooks">
          {webhooks.map((webhook) => (
            <li key={webhook.url}>
              <span>{webhook.url}</span>
              <span class="muted">{webhook.format === 'slack' ? 'Slack' : 'signed JSON'}</span>
              <button
                type="button"
                class="quiet small"
                aria-label={`Remove ${webhook.url}`}
                disabled={store.isRunning}
                onClick={() => void store.run(without(webhook.url))}
              >
                Remove
              </button>
            </li>
          ))}
        </ul>
      )}
      {isAdding && (
        <form
          class="setup"
          onSubmit={(event) => {
            event.preventDefault()
            void store.run([...webhooks, webhookOf(added)])
          }}
        >
          <WebhookFields webhook={added} onChange={setAdded} />
          <div class="actions">
            <button type="button" onClick={() => setAdding(false)}>
              Leave it
            </button>
            <button type="submit" class="main" disabled={store.isRunning || faultOfAddress(added.url) !== undefined}>
              Add
            </button>
            <CopyAsCurl call={patchCall([...webhooks, shownWebhook(added)])} />
          </div>
        </form>
      )}
      {webhooks.length > 0 && (
        <CurlMenu
          calls={{
            'Send a test': { method: 'POST', path: `${path}/webhooks/test` },
            ...Object.fromEntries(removals),
          }}
        />
      )}
      <DeliveryList connectionId={connectionId} deliveries={deliveries} />
    </section>
  )
}
