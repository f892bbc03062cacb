import type { Clock } from '../../clock.ts'
import { RefusedError } from '../answers/failures.ts'

/** A verdict that leaves data out counts when an answer asked for so much later repeats it, ms. */
export const CONFIRM_AFTER_MS = 10_000

/**
 * Asks once more before a refusal is believed that would leave data out.
 *
 * @param isWeighty which refusals those are
 * @throws what the second time was thrown, if the first time was refused so; else what the first time was thrown
 */
export async function askConfirmed<Result>(
  ask: () => Promise<Result>,
  isWeighty: (error: RefusedError) => boolean,
  { clock, signal }: { clock: Clock; signal: AbortSignal },
): Promise<Result> {
  try {
    return await ask()
  } catch (error) {
    if (!(error instanceof RefusedError && isWeighty(error))) throw error
  }
  await clock.sleep(CONFIRM_AFTER_MS, signal)
  return ask()
}
