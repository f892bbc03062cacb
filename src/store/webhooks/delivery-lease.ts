import type { StoreClient } from '../keys.ts'
import { holdLeaseScript, releaseLeaseScript } from '../limits/scroll-lease.lua.ts'
import { runScript } from '../script.ts'

/** Longer than a try takes; when a sender has died, another one may begin after so long, ms. */
const leaseMs = 16_000

/** Takes the only turn at a webhook, or renews it, so that its messages go one after the other. */
export async function holdDeliveryLease(redis: StoreClient, place: string, holder: string): Promise<boolean> {
  const keys = { leaseKey: leaseKeyOf(redis, place) }
  return (await runScript(redis, holdLeaseScript, { keys, args: { holder, timeToLiveMs: leaseMs } })) === 1
}

export async function releaseDeliveryLease(redis: StoreClient, place: string, holder: string): Promise<void> {
  await runScript(redis, releaseLeaseScript, { keys: { leaseKey: leaseKeyOf(redis, place) }, args: { holder } })
}

function leaseKeyOf({ keyspace }: StoreClient, place: string): string {
  return `${keyspace.deliveryLeasePrefix}${place}`
}
