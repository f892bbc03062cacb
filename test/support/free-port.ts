import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:net'

/**
 * Below the ports that Linux, macOS and Windows give to whoever asks for any port, and to connections: otherwise another
 * program may get the port before the test uses it, or while the process that listens there is replaced.
 */
const ports = { from: 20_000, to: 32_000 }
const mostTries = 100
const address = '127.0.0.1'

/**
 * A TCP port that nobody listens on, and that no other test process is given until this one ends: it holds the UDP port
 * of the same number for so long.
 */
export async function findFreePort(): Promise<number> {
  for (let tries = 0; tries < mostTries; tries++) {
    const port = ports.from + Math.floor(Math.random() * (ports.to - ports.from))
    if ((await holdsUdp(port)) && (await isFree(port))) return port
  }
  throw new Error(`none of ${mostTries} ports was free`)
}

async function holdsUdp(port: number): Promise<boolean> {
  const holder = createSocket('udp4')
  holder.bind({ port, address, exclusive: true })
  const holds = await bound(holder)
  if (holds) holder.unref()
  else holder.close()
  return holds
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, address)
  const isListening = await bound(server)
  if (!isListening) return false
  server.close()
  await once(server, 'close')
  return true
}

/** Whether a socket has got its port. */
async function bound(socket: NodeJS.EventEmitter): Promise<boolean> {
  return once(socket, 'listening').then(
    () => true,
    () => false,
  )
}
