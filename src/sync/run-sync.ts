import type { Clock } from '../clock.ts'
import type { IntercomClient } from '../intercom/client.ts'
import type { Commit, Position, SyncOutcome } from './commit.ts'
import type { SyncRequest } from './sync-request.ts'

export interface SyncInput extends SyncRequest {
  /** Where the last durable commit of this job left off; absent on a first attempt. */
  position?: Position
  client: IntercomClient
  clock: Clock
  random: () => number
  /** Cancel, lost lock and shutdown alike: the generator rejects with the signal's reason. */
  signal: AbortSignal
}

/**
 * Runs one attempt of a sync. Call `next()` only after the last commit is durable; fetching goes on meanwhile.
 *
 * @throws CodedError when the attempt cannot go on; `errorTable[code].retryable` says whether another may
 */
export async function* runSync(_input: SyncInput): AsyncGenerator<Commit, SyncOutcome, void> {
  throw new Error('not yet')
}
