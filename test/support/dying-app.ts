import type { Socket } from 'node:net'
import { startApp, type TestApp } from './app.ts'
import { createDeferred } from './deferred.ts'
import type { Teardown } from './processes.ts'
import type { RedisAccess } from './redis.ts'

/** An app that stops in the middle of a log, as a process that is killed does. */
export interface DyingApp {
  port: number
  /** Resolves when a reader has the first page of a log. No more of it comes. */
  reading: Promise<void>
  /** Ends all connections, as the system does for a process that is gone. */
  die(): void
}

export async function startDyingApp(
  t: Teardown,
  redis: RedisAccess,
  keys: TestApp['store']['keys'],
): Promise<DyingApp> {
  const reading = createDeferred()
  let reads = 0
  const { app, port } = await startApp(t, redis, {
    keys,
    wrapMessages: (messages) => ({
      ...messages,
      async read(...range) {
        const page = await messages.read(...range)
        // The first look, then the first page.
        if (++reads <= 2) return page
        reading.resolve()
        return new Promise(() => undefined)
      },
    }),
  })
  const sockets = new Set<Socket>()
  app.server.on('connection', (socket: Socket) => sockets.add(socket))
  return {
    port,
    reading: reading.promise,
    die() {
      for (const socket of sockets) socket.end()
    },
  }
}
