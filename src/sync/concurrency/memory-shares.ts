/** Memory that is divided among the jobs of a process. */
export interface MemoryShares {
  /** @param isWaiting whether the job needs no memory now; the others have its share meanwhile */
  open(isWaiting: () => boolean): MemoryShare
}

export interface MemoryShare {
  /** What the job may take now, bytes: less when others begin, more when they wait or end. */
  bytes(): number
  /** The job wants no more. Further calls do nothing. */
  close(): void
}

/** @param allBytes what all jobs may take together */
export function createMemoryShares(allBytes: number): MemoryShares {
  const open = new Map<MemoryShare, () => boolean>()
  return {
    open(isWaiting) {
      const own: MemoryShare = {
        bytes() {
          let sharing = 1
          for (const [share, itWaits] of open) if (share !== own && !itWaits()) sharing++
          return allBytes / sharing
        },
        close: () => void open.delete(own),
      }
      open.set(own, isWaiting)
      return own
    },
  }
}
