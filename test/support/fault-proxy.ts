import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { type AddressInfo, connect, createServer, type NetConnectOpts, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Teardown } from './processes.ts'

/** What networks do, once so many more bytes have reached the caller. */
export interface NetworkFault {
  /**
   * `cut`: the connection that carries the byte ends, with nothing behind it. `reset`: it is reset. `halfClose`: its caller
   * gets nothing more, and is still heard. `stall`: nothing passes on any connection for a while. `delay`: for that while
   * each piece comes late.
   */
  does: 'cut' | 'reset' | 'halfClose' | 'stall' | 'delay'
  afterBytes: number
  /** Of a stall, and of a time of delays, ms. */
  forMs: number
}

/** A network between a process and what it calls. */
export interface FaultProxy {
  /** Where it listens: a unix socket, or a port of 127.0.0.1. */
  socket: string
  port: number
  /** The next fault takes the place of one that has not come yet. */
  strike(fault: NetworkFault): void
  /** No fault comes any more, and what is held goes on. */
  calm(): void
  /** Faults that have come. */
  struck(): number
}

interface Connection {
  caller: Socket
  target: Socket
}

/** A piece is late by so much in a time of delays, ms. */
const lateMs = 40

/** @param listenOn a unix socket for a target that is one, a port for others */
export async function startFaultProxy(
  t: Teardown,
  target: NetConnectOpts,
  listenOn: 'socket' | 'port',
): Promise<FaultProxy> {
  const directory = await mkdtemp(join(tmpdir(), 'intercom-sync-fault-proxy-'))
  const socket = join(directory, 'proxy.sock')
  const open = new Set<Socket>()
  let next: NetworkFault | undefined
  let bytesLeft = 0
  let struck = 0
  let stalled = new AbortController()
  let stalledUntil = 0
  let lateUntil = 0

  /** Bytes of the piece that still reach the caller; all of them, unless a fault comes. */
  const meet = (piece: Buffer): { passing: number; fault?: NetworkFault } => {
    if (!next) return { passing: piece.length }
    if (piece.length < bytesLeft) {
      bytesLeft -= piece.length
      return { passing: piece.length }
    }
    const fault = next
    next = undefined
    struck++
    return { passing: bytesLeft, fault }
  }
  const hold = async () => {
    const now = performance.now()
    if (now < stalledUntil)
      await pause(stalledUntil - now, undefined, { signal: stalled.signal }).catch(() => undefined)
    else if (now < lateUntil) await pause(lateMs)
  }
  const act = ({ does, forMs }: NetworkFault, { caller, target: server }: Connection) => {
    if (does === 'stall') stalledUntil = performance.now() + forMs
    if (does === 'delay') lateUntil = performance.now() + forMs
    if (does === 'halfClose') caller.end()
    // Only TCP knows resets.
    if (does === 'reset') listenOn === 'port' ? caller.resetAndDestroy() : caller.destroy()
    if (does === 'cut') caller.destroySoon()
    if (does === 'reset' || does === 'cut') server.destroy()
  }

  const server = createServer({ allowHalfOpen: true }, (caller) => {
    const connection: Connection = { caller, target: connect(target) }
    for (const end of [caller, connection.target]) {
      open.add(end)
      end.on('error', () => undefined)
      end.on('close', () => {
        open.delete(end)
        caller.destroySoon()
        connection.target.destroySoon()
      })
    }
    passOn(caller, connection.target, async (piece) => {
      await hold()
      return piece
    })
    passOn(connection.target, caller, async (piece) => {
      await hold()
      const { passing, fault } = meet(piece)
      if (!fault) return piece
      if (caller.writable && passing > 0) caller.write(piece.subarray(0, passing))
      act(fault, connection)
      if (fault.does !== 'stall' && fault.does !== 'delay') return Buffer.alloc(0)
      await hold()
      return piece.subarray(passing)
    })
  })
  server.listen(listenOn === 'socket' ? socket : { port: 0, host: '127.0.0.1' })
  await once(server, 'listening')
  t.teardown(async () => {
    for (const end of open) end.destroy()
    server.close()
    await rm(directory, { recursive: true, force: true })
  })
  return {
    socket,
    port: listenOn === 'port' ? (server.address() as AddressInfo).port : 0,
    strike(fault) {
      next = fault
      bytesLeft = fault.afterBytes
    },
    calm() {
      next = undefined
      stalledUntil = 0
      lateUntil = 0
      stalled.abort()
      stalled = new AbortController()
    },
    struck: () => struck,
  }
}

/** Passes pieces on in their order. @param through gives what passes of a piece */
function passOn(from: Socket, to: Socket, through: (piece: Buffer) => Promise<Buffer>): void {
  let before: Promise<void> = Promise.resolve()
  from.on('data', (piece: Buffer) => {
    before = before.then(async () => {
      const passing = await through(piece)
      if (to.writable && passing.length > 0) to.write(passing)
    })
  })
  from.on('end', () => {
    before = before.then(() => void to.end())
  })
}
