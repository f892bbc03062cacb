import type { Logger } from 'pino'
import type { Metrics } from '../../metrics.ts'
import type { DeliverDependencies } from './deliver.ts'

/** Logs and counts what becomes of messages to webhooks. */
export function observeDeliveries(metrics: Metrics, logger: Logger): NonNullable<DeliverDependencies['onTried']> {
  return (tried) => {
    metrics.add('intercom_sync_webhook_tries_total', { outcome: tried.outcome })
    if (tried.outcome === 'delivered') logger.info(tried, 'webhook told')
    else logger.warn(tried, tried.outcome === 'failed' ? 'webhook not told, and given up' : 'webhook not told yet')
  }
}
