import type { Clock } from '../../clock.ts'
import { RefusedError } from '../answers/failures.ts'
import type { IntercomClient } from '../client.ts'

/** A refusal that would leave data out is trusted only when Intercom repeats it this much later, ms. */
export const CONFIRM_AFTER_MS = 10_000

interface Waiting {
  clock: Clock
  signal: AbortSignal
}

/**
 * Asks once more before trusting a refusal that would leave data out.
 *
 * @param isWeighty whether a refusal would leave data out
 * @throws the error of the second try, if there was one; else that of the first
 */
export async function askConfirmed<Result>(
  ask: () => Promise<Result>,
  isWeighty: (error: RefusedError) => boolean,
  { clock, signal }: Waiting,
): Promise<Result> {
  try {
    return await ask()
  } catch (error) {
    if (!(error instanceof RefusedError && isWeighty(error))) throw error
  }
  await clock.sleep(CONFIRM_AFTER_MS, signal)
  return ask()
}

/** The same client for an endpoint that a workspace may not have: it reports so only when Intercom has said so twice. */
export function withConfirmedAbsence(client: IntercomClient, waiting: Waiting): IntercomClient {
  return {
    ...client,
    ask: (request, read) =>
      askConfirmed(
        () => client.ask(request, read),
        ({ isAbsence }) => isAbsence,
        waiting,
      ),
  }
}

/**
 * The same client for requests that bring data: it reports that a permission is missing only when Intercom has said so
 * twice. If the second answer grants the request, reading goes on as if nothing had happened.
 */
export function withConfirmedPermissions(client: IntercomClient, waiting: Waiting): IntercomClient {
  return {
    ...client,
    ask: (request, read) =>
      askConfirmed(
        () => client.ask(request, read),
        ({ unauthorized }) => unauthorized && !request.isProbe,
        waiting,
      ),
  }
}
