import type { ScrollLease } from './contract/walk.ts'
import type { Wait } from './contract/watch.ts'

/** Knows whether an attempt waits for the scroll: for another job to end its own, or for another application. */
interface ScrollWait {
  /** The wait at present; undefined for none. */
  present(): Wait | undefined
  /** Another application has the scroll, and is waited for until then, ms since the epoch; undefined = no longer. */
  foreign(until: number | undefined): void
  /** The same lease, whose waits are noted. */
  watched(lease: ScrollLease): ScrollLease
}

export function createScrollWait(): ScrollWait {
  let waiting: Wait | undefined
  return {
    present: () => waiting,
    foreign(until) {
      waiting = until === undefined ? undefined : { waitingFor: 'scroll', until }
    },
    watched: (lease) => ({
      hold(signal, work) {
        waiting = { waitingFor: 'scroll' }
        return lease.hold(signal, () => {
          waiting = undefined
          return work()
        })
      },
    }),
  }
}
