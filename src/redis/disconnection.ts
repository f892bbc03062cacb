import type { Redis } from 'ioredis'

/**
 * Makes `disconnect` end a client that waits for its next try to connect. ioredis stops the wait and leaves the client
 * in it: `end` never comes, and a BullMQ worker that closes waits for `end`.
 */
export function endWhileAway(redis: Redis): void {
  const disconnect = redis.disconnect.bind(redis)
  redis.disconnect = (reconnect = false) => {
    // A client that has not connected yet is one that ioredis ends.
    if (!reconnect && redis.status === 'reconnecting') redis.status = 'wait'
    disconnect(reconnect)
  }
}
