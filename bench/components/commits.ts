import type { Teardown } from '../../test/support/processes.ts'
import { startRedis } from '../../test/support/redis.ts'
import { beginAttempt, commitOf, commitTo, openStore, syncRequest, tenant } from '../../test/support/store.ts'

/** A store with a Redis of its own. The function it gives makes so many commits of so many records, and tells the seconds. */
export async function openCommits(t: Teardown): Promise<(records: number, commits: number) => Promise<number>> {
  const store = openStore(await startRedis(t), { logLimitBytes: 1 << 30 })
  return async (records, commits) => {
    const { jobId } = await store.jobs.create({ tenant, request: syncRequest() })
    const streams = ['contacts', 'conversations', 'tickets'].map((streamName) => ({
      streamName,
      status: 'RUNNING' as const,
      rowsSynced: 1000,
    }))
    let attempt = await beginAttempt(store, { jobId, fence: 1, attemptId: 'a' })
    const start = performance.now()
    for (let number = 0; number < commits; number++)
      attempt = await commitTo(store, attempt, `1-a-${number}`, commitOf(number * records, records, streams))
    return (performance.now() - start) / 1000
  }
}
