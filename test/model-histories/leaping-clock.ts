import { openSync, readSync, writeFileSync } from 'node:fs'
import type { Clock } from '../../src/clock.ts'
import { type FastTime, sharedClock } from '../schedules/shared-clock.ts'

/** Time that several processes have in common, and that a test puts forward. */
export interface LeapingTime extends FastTime {
  /** The file that says by how much, ms as a float of eight bytes. */
  file: string
}

/** Durations and waits stay as they are: it is as if somebody had set the clocks. */
export function leapingClock({ file, ...time }: LeapingTime): Clock {
  const clock = sharedClock(time)
  const descriptor = openSync(file, 'r')
  const leap = Buffer.alloc(8)
  return {
    ...clock,
    now() {
      readSync(descriptor, leap, 0, 8, 0)
      return clock.now() + leap.readDoubleLE()
    },
  }
}

/** Puts all clocks forward to this, ms after what they show by themselves. */
export function writeLeap(file: string, ms: number): void {
  const leap = Buffer.alloc(8)
  leap.writeDoubleLE(ms)
  writeFileSync(file, leap)
}
