import type { StoreClient } from './keys.ts'
import { runScript } from './script.ts'
import { tryWritingScript } from './write-trial.lua.ts'

/** How long the key of a trial stays, ms. */
const trialMs = 5000

/** Checks that Redis takes what a new job writes and publishes. @throws CodedError `store_unavailable` that says why */
export async function tryWriting(redis: StoreClient): Promise<void> {
  await runScript(redis, tryWritingScript, {
    keys: { trialKey: `${redis.keyspace.trialPrefix}ready` },
    // No job has this number.
    args: { channel: redis.keyspace.changedChannel(0), timeToLiveMs: trialMs },
  })
}
