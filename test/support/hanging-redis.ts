import type { Redis } from 'ioredis'

/**
 * Resolves when two commands, one after the other, have reached their time limit at a Redis that hangs. If something is
 * refused before that, it has waited for at most one command, however slow the machine.
 */
export async function afterTwoCommands(redis: Redis): Promise<'too late'> {
  for (let command = 1; command <= 2; command++) await redis.ping().catch(() => undefined)
  return 'too late'
}
