import type { Redis } from 'ioredis'

/**
 * Resolves when two commands, one after the other, have run into their time limit at a Redis that hangs. What is refused
 * before that has waited for one command at the most, however slow the machine.
 */
export async function afterTwoCommands(redis: Redis): Promise<'too late'> {
  for (let command = 1; command <= 2; command++) await redis.ping().catch(() => undefined)
  return 'too late'
}
