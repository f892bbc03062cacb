import type { MessageLogReader } from '../../store/log/message-log.ts'
import { createTurns } from '../../sync/concurrency/turns.ts'

/**
 * Reads at a time. Each holds a piece of the log in several forms until it is done, and a Redis that is asked for a
 * thousand pieces at once answers none of them in time. More than these are not faster: four threads open the pieces.
 */
const readsAtATime = 8

/** The same reader, whose reads wait for their turn. */
export function limitReads(messages: MessageLogReader): MessageLogReader {
  const inTurn = createTurns(readsAtATime)
  return { ...messages, read: (...range) => inTurn(() => messages.read(...range)) }
}
