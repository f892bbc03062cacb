import type { Clock } from '../../clock.ts'
import { RefusedError } from '../../intercom/answers/failures.ts'
import type { IntercomClient } from '../../intercom/client.ts'
import { readWorkspace } from '../../intercom/endpoints/workspace.ts'
import { mayBeOfRecords } from '../pages/narrowing.ts'

/** How long what fails while other things come is left alone before the last try. */
const PATIENCE_MS = 2 * 60_000

/** A list that contradicts what its record has just shown is believed when it was asked for so often. */
export const MOST_ANSWERS = 3

/** When asking again has changed nothing so often in a row, Intercom's counts are of another kind than ours. */
const MOST_WASTED = 20

/** Remembers whether it has been of use to ask again for what contradicts itself. */
export interface RecheckLimit {
  /** Asking again has brought what was missing. */
  paid(): void
  /** It has brought nothing. */
  wasted(): void
  /** Nothing is asked again any more. */
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

/** Where something that belongs to a single record is asked for. */
export interface PatientSetting {
  client: IntercomClient
  /** `Intercom-Version` to send. */
  version: string
  clock: Clock
  signal: AbortSignal
}

/**
 * Asks for what belongs to a single record. One record over which Intercom fails, however often it is asked, must not
 * hold up the rest.
 *
 * @returns `unreadable` when not even patience has brought it
 * @throws CodedError when it is not this record alone: Intercom fails at all, or refuses the endpoint
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
