/** One of those who share a token: an attempt at a job. */
export interface Member {
  /** Leave given in this window, and in the one before. */
  granted: number
  before: number
  /** Whether it had to wait for want of room in this window, and in the one before. */
  denied: boolean
  deniedBefore: boolean
  /** The window in which it was last heard of. */
  seen: number
}

/** The rest of a window is for whoever asks: what was kept for a member that did not come is not lost. */
export const OPEN_TO_ALL_MS = 3000

/** The members in the next window; those not heard of in this one are forgotten. */
export function nextMembers(members: Record<string, Member>, window: number): Record<string, Member> {
  const staying = Object.entries(members).filter(([, { seen }]) => seen >= window)
  return Object.fromEntries(
    staying.map(([id, { granted, denied, seen }]) => [
      id,
      { granted: 0, before: granted, denied: false, deniedBefore: denied, seen },
    ]),
  )
}

/** A member that is heard of. */
export function memberIn(members: Record<string, Member>, id: string, window: number): Member {
  const member = members[id] ?? { granted: 0, before: 0, denied: false, deniedBefore: false, seen: window }
  member.seen = window
  members[id] = member
  return member
}

/**
 * Requests that a member has to leave to the others: what each of them is expected to want, up to what this one has had
 * itself. Whoever has had least is kept from nothing, so somebody can always go on.
 *
 * @param capacity requests of the window for all members
 * @param leftMs until the window's end
 */
export function fairReserve(
  members: Record<string, Member>,
  id: string,
  window: number,
  capacity: number,
  leftMs: number,
): number {
  const others = Object.entries(members).filter(([other, { seen }]) => other !== id && seen >= window - 1)
  const own = members[id]?.granted ?? 0
  if (leftMs <= OPEN_TO_ALL_MS || others.length === 0) return 0
  const share = Math.floor(capacity / (others.length + 1))
  const kept = others.map(([, other]) => Math.max(0, Math.min(wishOf(other, share), own) - other.granted))
  return kept.reduce((sum, count) => sum + count, 0)
}

/** What a member may want of this window, going by the last: who had to wait wants more, up to an even share. */
function wishOf({ before, denied, deniedBefore }: Member, share: number): number {
  const wish = denied || deniedBefore ? Math.max(share / 4, 4 * before) : 1.25 * before + 1
  return Math.min(share, Math.ceil(wish))
}
