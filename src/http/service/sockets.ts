import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { CodedError } from '../../errors.ts'
import { answerOverload } from '../requests/client-errors.ts'

/** Sockets beside the limit, for probes and scrapers: an orchestrator restarts a process whose health it cannot ask. */
const mostSpare = 16

/** Sockets up to a number. */
interface Seats {
  most: number
  open: Set<Socket>
  /** In the order in which they became idle. A socket that has sent a part of its request's headers is among them. */
  idle: Set<Socket>
}

/**
 * Keeps the open sockets below a limit: each takes a file handle, and a process without any can neither read a file nor
 * reach Redis. Beyond the limit the socket that has been idle for longest gives way. Where all of them are busy, a few
 * more are taken for one request each, and only calls of operators are answered there.
 *
 * When the app closes, closes every socket without a request in progress, and each of the others when its request is
 * answered. Node leaves two kinds open until they time out: sockets that have not sent a request yet (clients and proxies
 * open some ahead of need), and those whose request is answered while the app closes.
 *
 * @param most sockets that may be open, beside the few
 */
export function keepSockets(app: FastifyInstance, most: number): void {
  const usual: Seats = { most, open: new Set(), idle: new Set() }
  const spare: Seats = { most: mostSpare, open: new Set(), idle: new Set() }
  const seatsOf = (socket: Socket) => (spare.open.has(socket) ? spare : usual)
  let closed = false
  const rest = (socket: Socket) => {
    if (closed) socket.destroySoon()
    else if (!socket.destroyed) seatsOf(socket).idle.add(socket)
  }
  app.server.on('connection', (socket: Socket) => {
    const seats = [usual, spare].find(hasRoom)
    if (!seats) {
      answerOverload(socket)
      return
    }
    seats.open.add(socket)
    socket.once('close', () => forget(seats, socket))
    rest(socket)
  })
  app.server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    seatsOf(socket).idle.delete(socket)
    response.once('close', () => rest(socket))
  })
  app.addHook('onRequest', async ({ raw, routeOptions }, reply) => {
    if (!spare.open.has(raw.socket)) return
    reply.header('Connection', 'close')
    if (!routeOptions.config?.isForOperators) throw new CodedError('overloaded')
  })
  app.addHook('preClose', async () => {
    closed = true
    for (const socket of [...usual.idle, ...spare.idle]) socket.destroySoon()
  })
}

function forget({ open, idle }: Seats, socket: Socket): void {
  open.delete(socket)
  idle.delete(socket)
}

/** Whether one more may be opened, after the one that has been idle for longest has given way if need be. */
function hasRoom(seats: Seats): boolean {
  if (seats.open.size < seats.most) return true
  const [longest] = seats.idle
  if (!longest) return false
  forget(seats, longest)
  longest.destroy()
  return true
}
