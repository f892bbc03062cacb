/** Requests that wait for a permit. */
interface PermitQueue<Waiting> {
  isEmpty(): boolean
  /** How many of those that wait are urgent. */
  urgent(): number
  /** @param isUrgent it goes before all that are not @param turn those of one name share their turns */
  add(waiting: Waiting, isUrgent: boolean, turn: string): void
  /** Takes out the one whose turn it is. */
  next(): Waiting | undefined
  /** It no longer waits. */
  remove(waiting: Waiting): void
  /** Takes all out. */
  drain(): Waiting[]
}

/**
 * Those who wait in one turn are served in the order in which they came, and the turns one after the other. So a stream
 * that asks for one page at a time does not wait behind the thousand requests of another stream.
 */
export function createPermitQueue<Waiting>(): PermitQueue<Waiting> {
  const urgent = new Set<Waiting>()
  /** By turn, in the order in which they are served next. */
  const turns = new Map<string, Set<Waiting>>()

  function nextInTurn(): Waiting | undefined {
    for (const [turn, queue] of turns) {
      const [waiting] = queue
      turns.delete(turn)
      if (waiting === undefined) continue
      queue.delete(waiting)
      // Set again, so that its turn comes after all others.
      if (queue.size > 0) turns.set(turn, queue)
      return waiting
    }
    return undefined
  }

  return {
    isEmpty: () => urgent.size === 0 && [...turns.values()].every((queue) => queue.size === 0),
    urgent: () => urgent.size,
    add(waiting, isUrgent, turn) {
      if (isUrgent) {
        urgent.add(waiting)
        return
      }
      const queue = turns.get(turn) ?? new Set()
      queue.add(waiting)
      turns.set(turn, queue)
    },
    next() {
      const [first] = urgent
      if (first === undefined) return nextInTurn()
      urgent.delete(first)
      return first
    },
    remove(waiting) {
      urgent.delete(waiting)
      for (const queue of turns.values()) queue.delete(waiting)
    },
    drain() {
      const all = [...urgent, ...[...turns.values()].flatMap((queue) => [...queue])]
      urgent.clear()
      turns.clear()
      return all
    },
  }
}
