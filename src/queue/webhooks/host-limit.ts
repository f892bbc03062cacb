/** How many messages of this process may be under way to one host, so that a host that stays silent leaves room for others. */
export interface HostLimit {
  /** @returns false when there are too many */
  take(host: string): boolean
  giveBack(host: string): void
}

export function createHostLimit(most: number): HostLimit {
  const taken = new Map<string, number>()
  return {
    take(host) {
      const count = taken.get(host) ?? 0
      if (count >= most) return false
      taken.set(host, count + 1)
      return true
    },
    giveBack(host) {
      const count = (taken.get(host) ?? 0) - 1
      if (count > 0) taken.set(host, count)
      else taken.delete(host)
    },
  }
}
