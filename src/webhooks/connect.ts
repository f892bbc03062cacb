import { type NetConnectOpts, connect as openTcp, type Socket } from 'node:net'
import { connect as openTls } from 'node:tls'
import type { Clock } from '../clock.ts'
import type { Proxies } from '../network/proxies.ts'
import { authorityOf, openTunnel } from '../network/tunnel.ts'
import type { Receiver } from './receivers.ts'

/** Opens a TCP connection to an address, which is no name. */
export type Connect = (place: { address: string; port: number }, signal: AbortSignal) => Promise<Socket>

/** An address that stays silent for so long costs only its share of the time, ms. */
const connectMs = 3000

/** Connects to the address itself. */
export const connectDirectly: Connect = ({ address, port }, signal) => {
  const options: NetConnectOpts = { host: address, port }
  return opened(openTcp(options), 'connect', signal)
}

interface OpenDependencies {
  connect: Connect
  proxies: Proxies
  clock: Clock
}

/**
 * Opens a connection to one of the addresses of a receiver; for https, a TLS connection whose certificate is that of the
 * host. A proxy of the operator is asked for the address, not for the name, so that it leads nowhere else. Plain http, which
 * only hosts have that the operator lists, goes past it.
 *
 * @throws the error of the last address; the signal's reason
 */
export async function openReceiver(
  { connect, proxies, clock }: OpenDependencies,
  { url, addresses }: Receiver,
  signal: AbortSignal,
): Promise<Socket> {
  const isSecure = url.protocol === 'https:'
  const port = Number(url.port || (isSecure ? 443 : 80))
  const proxy = isSecure ? proxies.proxyFor(url) : undefined
  let failure: unknown
  for (const address of addresses) {
    signal.throwIfAborted()
    try {
      return await within(clock, connectMs, signal, async (limit) => {
        const socket = proxy
          ? await openTunnel(proxy, authorityOf(address, port), limit)
          : await connect({ address, port }, limit)
        return isSecure ? secured(socket, url, limit) : socket
      })
    } catch (error) {
      failure = error
    }
  }
  signal.throwIfAborted()
  throw failure
}

function secured(socket: Socket, { hostname }: URL, signal: AbortSignal): Promise<Socket> {
  const host = hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '')
  const isName = !/^[0-9.]+$|:/.test(host)
  const options = { socket, host, ALPNProtocols: ['http/1.1'], ...(isName && { servername: host }) }
  return opened(openTls(options), 'secureConnect', signal)
}

/** Resolves once the socket is open. One that does not open in time is closed. */
function opened<Opened extends Socket>(socket: Opened, event: string, signal: AbortSignal): Promise<Opened> {
  return new Promise((resolve, reject) => {
    const abort = () => void socket.destroy(signal.reason)
    const settle = () => signal.removeEventListener('abort', abort)
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    socket.once(event, () => {
      settle()
      resolve(socket)
    })
    // Stays: a socket without a listener for errors would end the process.
    socket.on('error', (error) => {
      settle()
      reject(error)
    })
    socket.once('close', () => {
      settle()
      reject(new Error('closed'))
    })
  })
}

/** @throws ETIMEDOUT when the work is not done in time; the signal's reason */
async function within<Result>(
  clock: Clock,
  ms: number,
  signal: AbortSignal,
  work: (limit: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const over = new AbortController()
  const late = Object.assign(new Error('silent'), { code: 'ETIMEDOUT' })
  const abort = () => over.abort(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  const waiting = new AbortController()
  clock.sleep(ms, waiting.signal).then(
    () => over.abort(late),
    () => undefined,
  )
  try {
    return await work(over.signal)
  } finally {
    waiting.abort()
    signal.removeEventListener('abort', abort)
  }
}
