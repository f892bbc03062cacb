import type { Clock } from '../../clock.ts'
import { addressGroup } from '../../network/addresses.ts'

/** Slows callers who try API keys. */
export interface WrongKeys {
  /** Counts a wrong key of an address. Returns how long the address should wait, s; 0 within the rate. */
  count(address: string): number
}

interface WrongKeyRate {
  /** Wrong keys that an address may send at once. @defaultValue 60 */
  atOnce?: number
  /** How long until it may send one more, ms. @defaultValue 1 s */
  everyMs?: number
  /** How many addresses are remembered: those that were last seen. @defaultValue 10,000 */
  addresses?: number
}

/** Counts for this process. An address is an IPv4 address or a /64 of IPv6. */
export function createWrongKeys(clock: Clock, rate: WrongKeyRate = {}): WrongKeys {
  const { atOnce = 60, everyMs = 1000, addresses = 10_000 } = rate
  /** When each address will have waited for all of its wrong keys, by the monotonic clock. The latest is last. */
  const paidAt = new Map<string, number>()

  return {
    count(address) {
      const group = addressGroup(address)
      const now = clock.monotonic()
      const due = Math.max(now, paidAt.get(group) ?? now) + everyMs
      const waitMs = due - now - atOnce * everyMs
      if (waitMs > 0) return Math.ceil(waitMs / 1000)
      paidAt.delete(group)
      paidAt.set(group, due)
      const [oldest] = paidAt.keys()
      if (paidAt.size > addresses && oldest !== undefined) paidAt.delete(oldest)
      return 0
    },
  }
}
