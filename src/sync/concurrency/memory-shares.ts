import type { Clock } from '../../clock.ts'

/** Memory that is divided among the jobs of a process. */
interface MemoryShares {
  /** @param isWaiting whether the job needs no memory now; the others have its share meanwhile */
  open(isWaiting: () => boolean): MemoryShare
}

interface MemoryShare {
  /** What the job may take now, bytes: less when others begin, more when they wait or end. */
  bytes(): number
  /** The job wants no more. Further calls do nothing. */
  close(): void
}

/** How long a count of the jobs holds, ms: they are asked for far more often than they change. */
const COUNT_MS = 100

/** @param allBytes what all jobs may take together */
export function createMemoryShares(allBytes: number, clock: Pick<Clock, 'monotonic'>): MemoryShares {
  const open = new Map<MemoryShare, () => boolean>()
  let countedAt = Number.NEGATIVE_INFINITY
  let bytesEach = allBytes
  const recount = () => {
    countedAt = clock.monotonic()
    const sharing = [...open.values()].filter((isWaiting) => !isWaiting()).length
    bytesEach = allBytes / Math.max(1, sharing)
  }
  return {
    open(isWaiting) {
      const share: MemoryShare = {
        bytes() {
          if (clock.monotonic() - countedAt >= COUNT_MS) recount()
          return bytesEach
        },
        close() {
          open.delete(share)
          countedAt = Number.NEGATIVE_INFINITY
        },
      }
      open.set(share, isWaiting)
      countedAt = Number.NEGATIVE_INFINITY
      return share
    },
  }
}
