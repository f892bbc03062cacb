/** Memory that is divided among the jobs of a process. */
export interface MemoryShares {
  /** Another job wants a share of it. */
  open(): MemoryShare
}

export interface MemoryShare {
  /** What the job may take now, bytes: less when others begin, more when they end. */
  bytes(): number
  /** The job wants no more. Further calls do nothing. */
  close(): void
}

/** @param allBytes what all jobs may take together */
export function createMemoryShares(allBytes: number): MemoryShares {
  const sharing = new Set<MemoryShare>()
  return {
    open() {
      const share: MemoryShare = {
        bytes: () => allBytes / Math.max(1, sharing.size),
        close: () => void sharing.delete(share),
      }
      sharing.add(share)
      return share
    },
  }
}
