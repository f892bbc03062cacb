import type { Clock } from '../../clock.ts'
import { RefusedError } from '../../intercom/answers/failures.ts'
import type { IntercomClient } from '../../intercom/client.ts'
import { readWorkspace } from '../../intercom/endpoints/workspace.ts'
import { mayBeOfRecords } from '../pages/narrowing.ts'

/** When a request fails while others succeed, we wait so long before its last try. */
const PATIENCE_MS = 2 * 60_000

/** A list can contradict what its record has just shown. After so many requests we trust the list. */
export const MOST_ANSWERS = 3

/** If asking again has changed nothing so often in a row, Intercom counts something else than we do. */
const MOST_WASTED = 20

/** Remembers whether it has helped to ask again for answers that contradict themselves. */
export interface RecheckLimit {
  /** Asking again has brought what was missing. */
  paid(): void
  /** Asking again has brought nothing. */
  wasted(): void
  /** Stop asking again. */
  isReached(): boolean
}

export function createRecheckLimit(): RecheckLimit {
  let wastedInARow = 0
  return {
    paid() {
      wastedInARow = 0
    },
    wasted() {
      wastedInARow++
    },
    isReached: () => wastedInARow >= MOST_WASTED,
  }
}

/** Where something that belongs to a single record is requested. */
export interface PatientSetting {
  client: IntercomClient
  /** `Intercom-Version` to send. */
  version: string
  clock: Clock
  signal: AbortSignal
}

/**
 * Asks for something that belongs to a single record. If Intercom keeps failing on one record, that record must not
 * hold up the rest.
 *
 * @returns `unreadable` when it cannot be read even after the long wait
 * @throws CodedError when the problem is not this record alone: Intercom fails altogether, or refuses the endpoint
 */
export async function askPatiently<Found>(
  ask: () => Promise<Found>,
  { client, version, clock, signal }: PatientSetting,
): Promise<Found | 'unreadable'> {
  try {
    return await ask()
  } catch (error) {
    if (error instanceof RefusedError && !error.unauthorized) return 'unreadable'
    if (!mayBeOfRecords(error)) throw error
  }
  await readWorkspace(client, version)
  await clock.sleep(PATIENCE_MS, signal)
  try {
    return await ask()
  } catch (error) {
    if (!mayBeOfRecords(error)) throw error
    await readWorkspace(client, version)
    return 'unreadable'
  }
}
