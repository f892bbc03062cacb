/** One of those that share a token: an attempt at a job. This is also the form in which it is stored. */
export interface BudgetShare {
  /** Permits granted to it in this window. */
  granted: number
  /** The same in the window before. */
  before: number
  /** Whether it had to wait in this window because there was no room. */
  denied: boolean
  /** The same in the window before. */
  deniedBefore: boolean
  /** The window in which it last asked. */
  seen: number
}

/**
 * This long before its end, the rest of a window is open to all. Permits kept for a member that does not come are lost.
 */
export const OPEN_TO_ALL_MS = 3000

/** The members in the next window; those that did not ask in this one are forgotten. */
export function nextShares(members: Record<string, BudgetShare>, window: number): Record<string, BudgetShare> {
  const staying = Object.entries(members).filter(([, { seen }]) => seen >= window)
  return Object.fromEntries(
    staying.map(([id, { granted, denied, seen }]) => [
      id,
      { granted: 0, before: granted, denied: false, deniedBefore: denied, seen },
    ]),
  )
}

/** A member that asks in this window, new or known. */
export function askingShare(members: Record<string, BudgetShare>, id: string, window: number): BudgetShare {
  const known = members[id] ?? { granted: 0, before: 0, denied: false, deniedBefore: false, seen: window }
  return { ...known, seen: window }
}

/** The members without one of them. */
export function withoutShare(members: Record<string, BudgetShare>, id: string): Record<string, BudgetShare> {
  return Object.fromEntries(Object.entries(members).filter(([other]) => other !== id))
}

/**
 * Permits that a member has to leave to the others: what each of them is expected to want, up to the number that this
 * member has had itself. So the member that has had the fewest has to leave nothing, and somebody can always continue.
 *
 * @param capacity requests of the window for all members
 * @param leftMs until the window's end
 */
export function fairReserve(
  members: Record<string, BudgetShare>,
  id: string,
  window: number,
  capacity: number,
  leftMs: number,
): number {
  const others = Object.entries(members).filter(([other, { seen }]) => other !== id && seen >= window - 1)
  const own = members[id]?.granted ?? 0
  if (leftMs <= OPEN_TO_ALL_MS || others.length === 0) return 0
  const share = Math.floor(capacity / (others.length + 1))
  const kept = others.map(([, other]) => Math.max(0, Math.min(demandOf(other, share), own) - other.granted))
  return kept.reduce((sum, count) => sum + count, 0)
}

/**
 * The expected demand of a member in this window, judged by the last: more if it had to wait, at most an even share.
 */
function demandOf({ before, denied, deniedBefore }: BudgetShare, share: number): number {
  const demand = denied || deniedBefore ? Math.max(share / 4, 4 * before) : 1.25 * before + 1
  return Math.min(share, Math.ceil(demand))
}
