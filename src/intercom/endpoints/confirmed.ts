import type { Clock } from '../../clock.ts'
import { RefusedError } from '../answers/failures.ts'

/** A refusal that would leave data out is trusted only when Intercom repeats it this much later, ms. */
export const CONFIRM_AFTER_MS = 10_000

/**
 * Asks once more before trusting a refusal that would leave data out.
 *
 * @param isWeighty whether a refusal would leave data out
 * @throws the error of the second try, if there was one; else that of the first
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
