import type { Clock } from '../../clock.ts'
import { RefusedError } from '../../intercom/answers/failures.ts'
import type { IntercomClient } from '../../intercom/client.ts'
import { readWorkspace } from '../../intercom/endpoints/workspace.ts'
import { mayBeOfRecords } from '../pages/narrowing.ts'

/** When a request fails while others succeed, we wait so long before its last try. */
const PATIENCE_MS = 2 * 60_000

/** A list can contradict what its record has just shown. After so many requests we trust the list. */
export const MOST_ANSWERS = 3

/**
 * If asking again has changed nothing so often in a row, Intercom counts something else than we do. So many are asked again
 * at a time, too: the others wait for what these bring.
 */
const MOST_WASTED = 20

/** Remembers whether it has helped to ask again for answers that contradict themselves. */
export interface RecheckLimit {
  /** Asking again has brought what was missing. */
  paid(): void
  /** Asking again has brought nothing. */
  wasted(): void
  /** Stop asking again. */
  isReached(): boolean
  /** Asks again when it is one's turn. `recheck` has to look first whether the limit is reached by then. */
  inTurn<Result>(recheck: () => Promise<Result>): Promise<Result>
}

export function createRecheckLimit(): RecheckLimit {
  let wastedInARow = 0
  let underWay = 0
  const waiting: (() => void)[] = []
  return {
    paid() {
      wastedInARow = 0
    },
    wasted() {
      wastedInARow++
    },
    isReached: () => wastedInARow >= MOST_WASTED,
    async inTurn(recheck) {
      while (underWay >= MOST_WASTED) await new Promise<void>((resolve) => void waiting.push(resolve))
      underWay++
      try {
        return await recheck()
      } finally {
        underWay--
        waiting.shift()?.()
      }
    },
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
