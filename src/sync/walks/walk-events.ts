import type { Clock } from '../../clock.ts'
import { RefusedError } from '../../intercom/answers/failures.ts'
import { findStream } from '../../streams/table.ts'
import { merge } from '../concurrency/merge.ts'
import type { Arrival, Walk } from '../contract/walk.ts'
import { SpoolError } from '../pages/patient-spool.ts'

/**
 * What a walk yields: an answer, its end, or what ends only this walk: a missing permission or a missing list, confirmed by
 * Intercom, or pages that cannot be spooled.
 */
export type WalkEvent = { walk: Walk } & (
  | { kind: 'arrival'; arrival: Arrival }
  | { kind: 'ended' }
  | { kind: 'refused'; error: RefusedError }
  | { kind: 'unspooled'; error: SpoolError }
)

/** The next event, no event for now, or the end of all walks. */
type Next = { kind: 'event'; event: WalkEvent } | { kind: 'idle' } | { kind: 'finished' }

/** The events of several walks, one at a time, with a time limit for waiting. */
interface EventQueue {
  /**
   * Waits for the next event until `wakeAt` (ms of the monotonic clock); after that time it gives only an event that is
   * there already. Fetching for the following event begins at once.
   *
   * @throws what a walk threw
   */
  next(wakeAt: number): Promise<Next>
}

/** Fetching begins at once. */
export function createEventQueue(walks: readonly Walk[], clock: Clock): EventQueue {
  const events = merge(walks.map(walkEvents))
  const ask = () =>
    events.next().then(
      (result): Settled => ({ result }),
      (error: unknown): Settled => ({ error }),
    )
  let pending = ask()

  return {
    async next(wakeAt) {
      const settled = await before(pending, wakeAt, clock)
      if (settled === undefined) return { kind: 'idle' }
      if ('error' in settled) throw settled.error
      if (settled.result.done) return { kind: 'finished' }
      pending = ask()
      return { kind: 'event', event: settled.result.value }
    },
  }
}

type Settled = { result: IteratorResult<WalkEvent, void> } | { error: unknown }

async function* walkEvents(walk: Walk): AsyncGenerator<WalkEvent, void, void> {
  try {
    for await (const arrival of walk.arrivals()) yield { walk, kind: 'arrival', arrival }
    yield { walk, kind: 'ended' }
  } catch (error) {
    if (error instanceof SpoolError) yield { walk, kind: 'unspooled', error }
    else if (error instanceof RefusedError && (error.unauthorized || isAbsent(walk, error)))
      yield { walk, kind: 'refused', error }
    else throw error
  }
}

/** Whether Intercom has no such list, of a stream that a workspace may not have. */
function isAbsent({ streamNames }: Walk, { isAbsence }: RefusedError): boolean {
  return isAbsence && streamNames.every((name) => findStream(name)?.mayBeAbsent)
}

/** Why a wait ends. Without a reason of our own, each end would make an error with its stack. */
const SETTLED = new Error('settled')

const notYet: Promise<undefined> = Promise.resolve(undefined)

/** The promise's value, or undefined when `wakeAt` comes first. */
async function before<Value>(promise: Promise<Value>, wakeAt: number, clock: Clock): Promise<Value | undefined> {
  const wait = wakeAt - clock.monotonic()
  // The first promise wins when both are settled.
  if (wait <= 0) return Promise.race([promise, notYet])
  const timer = new AbortController()
  const woken = clock.sleep(wait, timer.signal).then(
    () => undefined,
    () => undefined,
  )
  try {
    return await Promise.race([promise, woken])
  } finally {
    timer.abort(SETTLED)
  }
}
