import type { Clock } from '../clock.ts'

/** How long tasks that run side by side may take. */
export interface TimeLimit {
  /**
   * A task begins.
   *
   * @param onOver is called when its time is over, unless the task has ended before
   * @returns call it when the task ends
   */
  begin(onOver: () => void): () => void
}

/** Why a sleep ends. Without a reason of our own, each end would make an error with its stack. */
const TIMELY = new Error('in time')

/**
 * The same limit for all tasks, with one timer for all that run: one for each request would cost more than reading a small
 * answer.
 *
 * @param ms how long each task may take
 */
export function createTimeLimit(clock: Pick<Clock, 'monotonic' | 'sleep'>, ms: number): TimeLimit {
  /** In the order in which their times end. */
  const running = new Set<{ endsAt: number; onOver: () => void }>()
  let watching: AbortController | undefined

  async function watch(signal: AbortSignal): Promise<void> {
    for (;;) {
      const [first] = running
      if (!first) return rest()
      await clock.sleep(Math.max(0, first.endsAt - clock.monotonic()), signal)
      for (const task of running) {
        if (task.endsAt > clock.monotonic()) break
        running.delete(task)
        task.onOver()
      }
    }
  }

  function rest(): void {
    watching?.abort(TIMELY)
    watching = undefined
  }

  return {
    begin(onOver) {
      const task = { endsAt: clock.monotonic() + ms, onOver }
      running.add(task)
      if (!watching) {
        watching = new AbortController()
        // It ends with the last task.
        watch(watching.signal).catch(() => undefined)
      }
      return () => {
        running.delete(task)
        if (running.size === 0) rest()
      }
    },
  }
}
