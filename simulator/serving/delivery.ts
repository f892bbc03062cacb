import type { FastifyReply } from 'fastify'
import type { Clock } from '../../src/clock.ts'
import type { Fault } from '../faults/fault.ts'
import type { FaultScript } from '../faults/fault-script.ts'
import type { Answer } from './answer.ts'

/** Waits as the fault says, or until the client has left. */
export async function waitFor(fault: Fault, faults: FaultScript, clock: Clock, reply: FastifyReply): Promise<void> {
  const gone = new AbortController()
  const closed = new Promise<void>((resolve) => {
    reply.raw.once('close', () => {
      gone.abort()
      resolve()
    })
  })
  const held = typeof fault.holdUntil === 'string' ? faults.opened(fault.holdUntil) : fault.holdUntil
  const slept = fault.delayMs === undefined ? undefined : clock.sleep(fault.delayMs, gone.signal)
  // When the client has left, the sleep rejects. That is the intended end.
  await Promise.race([Promise.all([held, slept]), closed]).catch((error: unknown) => {
    if (!gone.signal.aborted) throw error
  })
}

/** Sends an answer whole. */
export function sendAnswer(reply: FastifyReply, { status, headers, body }: Answer): FastifyReply {
  return reply
    .code(status)
    .headers({ 'Content-Type': 'application/json; charset=utf-8', ...headers })
    .send(body)
}

/** Resets the connection before the client has seen a byte. */
export function resetConnection(reply: FastifyReply): FastifyReply {
  reply.hijack()
  reply.raw.socket?.resetAndDestroy()
  return reply
}

/** Sends half of the body. The fault decides what follows: a pause and the rest, or a cut. */
export async function sendInHalves(
  reply: FastifyReply,
  { status, headers, body }: Answer,
  atHalf: () => Promise<'rest' | 'cut'>,
): Promise<void> {
  reply.headers({ 'Content-Type': 'application/json; charset=utf-8', 'Content-Length': body.length, ...headers })
  reply.hijack()
  for (const [name, value] of Object.entries(reply.getHeaders())) {
    if (value !== undefined) reply.raw.setHeader(name, value)
  }
  reply.raw.writeHead(status)
  const half = Math.floor(body.length / 2)
  // The client must have the first half before anything else happens.
  await new Promise<void>((resolve) => reply.raw.write(body.subarray(0, half), () => resolve()))
  // End the socket in order; a reset could destroy the first half, too.
  if ((await atHalf()) === 'cut') reply.raw.destroy()
  else reply.raw.end(body.subarray(half))
}
