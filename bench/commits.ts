import { startRedis } from '../test/support/redis.ts'
import { beginAttempt, commitOf, commitTo, openStore, syncRequest, tenant } from '../test/support/store.ts'

/**
 * How many commits a second one attempt makes against a Redis of its own: tiny ones, where the script and its call are
 * all there is, and ones of fifty records, which have to be compressed and sealed. To compare two versions, run both in
 * turn, several times.
 */

const rounds = [
  { records: 1, commits: 8000 },
  { records: 50, commits: 4000 },
]

const closers: (() => unknown)[] = []
const store = openStore(await startRedis({ teardown: (close) => closers.push(close) }), { logLimitBytes: 1 << 30 })
try {
  for (const { records, commits } of rounds) {
    await measure(records, 300)
    const seconds = await measure(records, commits)
    process.stdout.write(`${JSON.stringify({ records, commitsPerSecond: Math.round(commits / seconds) })}\n`)
  }
} finally {
  for (const close of closers.reverse()) await close()
}

/** @returns seconds */
async function measure(records: number, commits: number): Promise<number> {
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
