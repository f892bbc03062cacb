import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { answerOverload } from '../requests/client-errors.ts'

/**
 * Keeps the open sockets below a limit: each takes a file handle, and a process without any can neither read a file nor
 * reach Redis. Beyond the limit the socket that has been idle for longest gives way. Where all of them are busy, the new
 * one is refused.
 *
 * When the app closes, closes every socket without a request in progress, and each of the others when its request is
 * answered. Node leaves two kinds open until they time out: sockets that have not sent a request yet (clients and proxies
 * open some ahead of need), and those whose request is answered while the app closes.
 *
 * @param most sockets that may be open
 */
export function keepSockets(app: FastifyInstance, most: number): void {
  const open = new Set<Socket>()
  /** In the order in which they became idle. A socket that has sent a part of its request's headers is among them. */
  const idle = new Set<Socket>()
  let closed = false
  const rest = (socket: Socket) => {
    if (closed) socket.destroySoon()
    else if (!socket.destroyed) idle.add(socket)
  }
  const forget = (socket: Socket) => {
    open.delete(socket)
    idle.delete(socket)
  }
  const makeRoom = () => {
    const [longest] = idle
    if (!longest) return false
    forget(longest)
    longest.destroy()
    return true
  }
  app.server.on('connection', (socket: Socket) => {
    if (open.size >= most && !makeRoom()) {
      answerOverload(socket)
      return
    }
    open.add(socket)
    socket.once('close', () => forget(socket))
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
