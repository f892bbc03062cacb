import { createHash } from 'node:crypto'
import type { Clock } from '../../clock.ts'
import type { ScrollLease } from '../../sync/contract/walk.ts'
import type { StoreClient } from '../keys.ts'
import { runScript } from '../script.ts'
import { holdLeaseScript, releaseLeaseScript } from './scroll-lease.lua.ts'

/** Longer than the lock on a job, so that a pause which costs the lease has cost the job before; over when a successor of a dead holder begins. */
const LEASE_MS = 15_000
const RENEW_MS = 5_000
const LOOK_MS = 1_000

/**
 * A lease in Redis on the only scroll of a workspace, for all jobs of all workers: only one of them reads the scroll at
 * a time. If another application has a scroll open, Intercom's refusal shows it.
 *
 * @param createId makes ids that are never made twice
 */
export function createScrollLease(
  { redis, clock, createId }: { redis: StoreClient; clock: Clock; createId: () => string },
  accessToken: string,
): ScrollLease {
  // The token itself must not reach Redis.
  const key = `${redis.keyspace.scrollLeasePrefix}${createHash('sha256').update(accessToken).digest('hex')}`
  const keys = { leaseKey: key }
  const take = async (holder: string) =>
    (await runScript(redis, holdLeaseScript, { keys, args: { holder, timeToLiveMs: LEASE_MS } })) === 1

  return {
    async hold(signal, work) {
      const holder = createId()
      while (!(await take(holder))) await clock.sleep(LOOK_MS, signal)
      const done = new AbortController()
      const renewing = keepRenewed(() => take(holder), clock, done.signal)
      try {
        return await work()
      } finally {
        done.abort()
        await renewing
        await runScript(redis, releaseLeaseScript, { keys, args: { holder } })
      }
    },
  }
}

async function keepRenewed(renew: () => Promise<boolean>, clock: Clock, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    // The lease outlives several renewals: if one fails, the next is in time.
    await clock
      .sleep(RENEW_MS, signal)
      .then(renew, () => undefined)
      .catch(() => undefined)
  }
}
