import type { Redis } from 'ioredis'

/** BullMQ asks for the version with INFO, and gives up where that is forbidden. */
export function forbidsInfo(redis: Redis): boolean {
  return redis.options.enableReadyCheck === false
}
