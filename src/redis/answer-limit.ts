import type { Redis } from 'ioredis'

/**
 * Makes `commandTimeout` count only what Redis takes. ioredis also counts the time in which this process was too busy to
 * look: here an answer that lies in the socket when the time is up is still taken.
 */
export function countOnlyRedisTime(redis: Redis): void {
  const send = redis.sendCommand.bind(redis)
  redis.sendCommand = (command, stream) => {
    // What ioredis calls with the limit, when it sends the command.
    command.setTimeout = (limitMs) => {
      // Immediates run after the sockets have been read.
      const timer = setTimeout(() => setImmediate(() => command.reject(new Error('Command timed out'))), limitMs)
      const stop = () => clearTimeout(timer)
      command.promise.then(stop, stop)
    }
    return send(command, stream)
  }
}
