import { setTimeout as pause } from 'node:timers/promises'
import type { Fleet } from './fleet.ts'

const lookEveryMs = 100

/** Whether workers of both versions count the requests of two jobs with one token together. */
export interface BudgetWatch {
  /** Ends the watch. @returns whether both were seen to write the usage of one token while both worked */
  stop(): Promise<boolean>
}

/**
 * Looks at the usage of tokens in Redis. That no request is refused would not do: each version alone sees in Intercom's
 * answers what others spend, and makes room.
 */
export function watchSharedBudget(fleet: Fleet): BudgetWatch {
  let isOver = false
  let isShared = false
  const writers = new Map<string, Set<string>>()
  const look = async () => {
    while (!isOver) {
      // A worker that was replaced by another one of its version would look like one of the other version.
      if (fleet.workers.size < 2) writers.clear()
      else
        for (const { key, writer, members } of await fleet.readUsages()) {
          if (members < 2) continue
          const known = writers.get(key) ?? new Set()
          writers.set(key, known.add(writer))
          isShared ||= known.size > 1
        }
      await pause(lookEveryMs)
    }
  }
  const looking = look()
  return {
    async stop() {
      isOver = true
      await looking
      return isShared
    },
  }
}
