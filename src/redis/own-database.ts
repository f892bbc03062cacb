import type { Redis } from 'ioredis'

/**
 * Makes a client leave a connection whose database is refused. ioredis would go on with database 0, where somebody
 * else's keys may be. It selects the database again after each reconnection.
 */
export function keepToDatabase(redis: Redis): void {
  const select = redis.select.bind(redis)
  Object.assign(redis, {
    select: (database: number) => {
      const answer = select(database)
      // ioredis, which selects, gets the error itself. Nothing can be written to the connection from here on.
      answer.catch(() => redis.disconnect(true))
      return answer
    },
  })
}
