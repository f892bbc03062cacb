import type { FastifyReply } from 'fastify'
import type { Clock } from '../src/clock.ts'
import type { Answer } from './answer.ts'
import type { Fault } from './faults/fault.ts'
import type { FaultScript } from './faults/fault-script.ts'

/** Waits as the fault says. */
export async function waitFor(fault: Fault, faults: FaultScript, clock: Clock): Promise<void> {
  if (fault.delayMs !== undefined) await clock.sleep(fault.delayMs)
  if (typeof fault.holdUntil === 'string') await faults.opened(fault.holdUntil)
  else await fault.holdUntil
}

/** Sends an answer whole. */
export function sendAnswer(reply: FastifyReply, { status, headers, body }: Answer): FastifyReply {
  return reply
    .code(status)
    .headers({ 'Content-Type': 'application/json; charset=utf-8', ...headers })
    .send(body)
}

/** Cuts the connection before the client has seen a byte. */
export function cutConnection(reply: FastifyReply): FastifyReply {
  reply.hijack()
  reply.raw.destroy()
  return reply
}

/** Sends half of the body; what comes after that is the fault's business: a pause and the rest, or a cut. */
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
  if ((await atHalf()) === 'cut') reply.raw.destroy()
  else reply.raw.end(body.subarray(half))
}
