import { setImmediate } from 'node:timers/promises'
import type { MessageLogReader } from '../../store/log/message-log.ts'
import { createSemaphore } from '../../sync/concurrency/semaphore.ts'

/**
 * Reads at a time. Each holds a piece of the log in several forms until it is done, and a Redis that is asked for a
 * thousand pieces at once answers none of them in time. More than these are not faster: four threads open the pieces.
 */
const readsAtATime = 4

/**
 * Turns of the event loop that a read leaves to others while more reads wait. The event loop accepts one connection in
 * each of its turns (libuv 1.46), and writing one piece of a log can take some ms of a turn. Without these free turns, a
 * client that connects after a thousand readers would wait until all of them have been served.
 */
const turnsForOthers = 32

/** The same reader, whose reads wait for their turn. */
export function limitReads(messages: MessageLogReader): MessageLogReader {
  const inTurn = createSemaphore(readsAtATime)
  let asked = 0
  return {
    ...messages,
    async read(...range) {
      asked++
      try {
        return await inTurn(async () => {
          for (let turn = 0; turn < turnsForOthers && asked > readsAtATime; turn++) await setImmediate()
          return messages.read(...range)
        })
      } finally {
        asked--
      }
    },
  }
}
