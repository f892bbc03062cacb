import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'

/**
 * When the app closes, closes every socket without a request in progress, and each of the others when its request is
 * answered. Node leaves two kinds open until they time out: sockets that have not sent a request yet (clients and proxies
 * open some ahead of need), and those whose request is answered while the app closes.
 */
export function closeIdleConnections(app: FastifyInstance): void {
  const idle = new Set<Socket>()
  let closed = false
  const rest = (socket: Socket) => {
    if (closed) socket.destroySoon()
    else if (!socket.destroyed) idle.add(socket)
  }
  app.server.on('connection', (socket: Socket) => {
    socket.once('close', () => idle.delete(socket))
    rest(socket)
  })
  app.server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    idle.delete(socket)
    response.once('close', () => rest(socket))
  })
  app.addHook('preClose', async () => {
    closed = true
    for (const socket of idle) socket.destroySoon()
  })
}
