import { api, resultOf } from '../api/client.ts'
import type { Delivery } from '../api/types.ts'
import { useAction } from '../api/use-action.ts'
import type { Resource } from '../api/use-resource.ts'
import { CopyAsCurl } from '../elements/copy-as-curl.tsx'
import { Problem } from '../elements/notice.tsx'
import { Status } from '../elements/status.tsx'
import { Time } from '../elements/time.tsx'
import { formatNoun } from '../words/figures.ts'
import type { StatusWords } from '../words/statuses.ts'

const statusWords: Record<Delivery['status'], StatusWords> = {
  pending: { look: 'waiting', word: 'On its way' },
  delivered: { look: 'done', word: 'Delivered' },
  failed: { look: 'failed', word: 'Given up' },
}

interface DeliveryListProps {
  connectionId: string
  deliveries: Resource<{ data: Delivery[] }>
}

/** What became of the latest deliveries. Nothing where none was sent. */
export function DeliveryList({ connectionId, deliveries }: DeliveryListProps) {
  const retry = useAction(async (deliveryId: string) => {
    const params = { path: { connectionId, deliveryId } }
    await resultOf(api.POST('/v1/connections/{connectionId}/deliveries/{deliveryId}/retry', { params }))
    deliveries.reload()
  })
  const { data } = deliveries
  if (!data || data.data.length === 0) return null
  return (
    <>
      <h3>Sent lately</h3>
      {retry.problem && <Problem problem={retry.problem} />}
      <ul class="rows deliveries">
        {data.data.map((delivery) => (
          <DeliveryRow
            key={delivery.deliveryId}
            {...{ connectionId, delivery }}
            onRetry={() => void retry.run(delivery.deliveryId)}
          />
        ))}
      </ul>
    </>
  )
}

interface DeliveryRowProps {
  connectionId: string
  delivery: Delivery
  onRetry: () => void
}

function DeliveryRow({ connectionId, delivery, onRetry }: DeliveryRowProps) {
  const { deliveryId, event, url, status, attempts, createdAt, lastStatusCode, nextAttemptAt, failure } = delivery
  return (
    <li>
      <Status {...statusWords[status]} />
      <span>
        {event} <span class="muted">{url}</span>
        {status !== 'delivered' && failure !== undefined && <span class="why">{failure}</span>}
      </span>
      <span class="muted">
        {formatNoun(attempts, 'try', 'tries')}
        {lastStatusCode !== undefined && `, answered ${lastStatusCode}`}
        {nextAttemptAt !== undefined && (
          <>
            , next <Time at={nextAttemptAt} relative="ahead" />
          </>
        )}
      </span>
      <span class="muted end">
        <Time at={createdAt} relative="past" />{' '}
        {status === 'failed' && (
          <>
            <button type="button" class="quiet small" onClick={onRetry}>
              Retry
            </button>
            <CopyAsCurl
              call={{ method: 'POST', path: `v1/connections/${connectionId}/deliveries/${deliveryId}/retry` }}
            />
          </>
        )}
      </span>
    </li>
  )
}
