import type { Clock } from '../../src/clock.ts'
import { createAcceleratedClock } from '../support/accelerated-clock.ts'

/** Time that several processes have in common, and that runs faster than the machine's. */
export interface FastTime {
  /** When it began to run faster, ms since the epoch. */
  began: number
  speed: number
}

export function sharedClock({ began, speed }: FastTime): Clock {
  return createAcceleratedClock(began + (Date.now() - began) * speed, speed)
}
