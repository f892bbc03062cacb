import { cpus } from 'node:os'
import { setTimeout } from 'node:timers/promises'

/** Starts to measure; the function that it gives tells how many cores all work on the machine has taken since. */
export function measureBusyCores(): () => number {
  const before = timesOf()
  return () => {
    const after = timesOf()
    const idle = after.idle - before.idle
    const all = after.all - before.all
    return all === 0 ? 0 : Number((cpus().length * (1 - idle / all)).toFixed(2))
  }
}

/** CPU time of all cores together, ms. */
function timesOf(): { idle: number; all: number } {
  const each = cpus().map(({ times }) => times)
  return {
    idle: each.reduce((sum, { idle }) => sum + idle, 0),
    all: each.reduce((sum, { user, nice, sys, idle, irq }) => sum + user + nice + sys + idle + irq, 0),
  }
}

/** Other work that takes no more than this, in cores, hardly changes a figure. */
export const MOST_BUSY_BEFORE = 0.25
/** How long it is waited for, ms: other work may go on for ever. */
const MOST_WAIT_MS = 120_000
/** How long each look takes, ms. */
const LOOK_MS = 2000

/** Waits until other work leaves the machine to us. @returns the cores that it took at the last look */
export async function untilIdle(): Promise<number> {
  const start = performance.now()
  for (;;) {
    const busyCores = measureBusyCores()
    await setTimeout(LOOK_MS)
    const busy = busyCores()
    if (busy <= MOST_BUSY_BEFORE || performance.now() - start > MOST_WAIT_MS) return busy
  }
}
