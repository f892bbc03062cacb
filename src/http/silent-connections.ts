import type { Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'

/**
 * Closes with the app the connections that have not sent a request yet, as clients and proxies open them ahead of need.
 * Node counts them as busy: closing would wait until their first request is overdue.
 */
export function closeSilentConnections(app: FastifyInstance): void {
  const silent = new Set<Socket>()
  let closed = false
  app.server.on('connection', (socket: Socket) => {
    if (closed) socket.destroy()
    silent.add(socket)
    socket.once('close', () => silent.delete(socket))
  })
  app.server.on('request', ({ socket }) => silent.delete(socket))
  app.addHook('preClose', async () => {
    closed = true
    for (const socket of silent) socket.destroy()
  })
}
