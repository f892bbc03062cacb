import type { Clock } from '../../clock.ts'
import { chooseRests } from './rests.ts'
import type { Slots } from './slots.ts'
import type { Turns } from './turns.ts'

interface SlotKeeperDependencies {
  queue: Pick<Turns, 'look'> & { admit(): Promise<void> }
  worker: { rest(jobId: number, restMs: number): void }
  slots: Slots
  /** Attempts that run at a time in this process. */
  concurrency: number
  clock: Clock
  onError: (error: unknown) => void
}

/** How often it is looked who waits for a slot, ms. */
const lookEveryMs = 500

/**
 * Sees to it that a job waits for its own token's limit and for nothing else: while all slots of this process are taken
 * and a job waits that could begin, attempts give theirs back. Until the signal aborts.
 */
export async function keepSlots(dependencies: SlotKeeperDependencies, signal: AbortSignal): Promise<void> {
  const { clock, onError } = dependencies
  while (!signal.aborted) {
    await clock.sleep(lookEveryMs, signal).catch(() => undefined)
    if (!signal.aborted) await look(dependencies).catch(onError)
  }
}

async function look({ queue, worker, slots, concurrency }: SlotKeeperDependencies): Promise<void> {
  const running = slots.running()
  const { waiting, own } = await queue.look(running)
  if (running.length >= concurrency) {
    const known = running.flatMap((attempt, place) => {
      const flow = own[place]
      return flow ? [{ ...attempt, flow }] : []
    })
    for (const { jobId, restMs } of chooseRests(waiting, known)) worker.rest(jobId, restMs)
  }
  await queue.admit()
}
