import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { type AddressInfo, connect, createServer, type NetConnectOpts, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Teardown } from './processes.ts'

/**
 * Hooks for the data that passes through a proxy. A chunk passes when the hook's promise resolves. A promise that never
 * does holds it for ever.
 */
export interface Interception {
  toServer?(chunk: Buffer): Promise<void> | void
  toClient?(chunk: Buffer): Promise<void> | void
  /** The chunk has left for the client. */
  sentToClient?(chunk: Buffer): void
}

/** A connection that a test can listen to and hold. The proxy listens on its own unix socket. */
export interface TcpProxy {
  socket: string
}

export async function startProxy(t: Teardown, target: NetConnectOpts, interception: Interception): Promise<TcpProxy> {
  const directory = await mkdtemp(join(tmpdir(), 'intercom-sync-proxy-'))
  const socket = join(directory, 'proxy.sock')
  const open = new Set<Socket>()
  const server = createServer((client) => {
    const upstream = connect(target)
    for (const end of [client, upstream]) {
      open.add(end)
      end.on('close', () => {
        open.delete(end)
        client.destroy()
        upstream.destroy()
      })
      end.on('error', () => undefined)
    }
    pass(client, upstream, interception.toServer)
    pass(upstream, client, interception.toClient, interception.sentToClient)
  })
  server.listen(socket)
  await once(server, 'listening')
  t.teardown(async () => {
    for (const end of open) end.destroy()
    server.close()
    await rm(directory, { recursive: true, force: true })
  })
  return { socket }
}

/** Calls `kill` at the first matching chunk after `skip` earlier ones, and lets nothing of that chunk pass. */
export function killAt(
  matches: (chunk: Buffer) => boolean,
  skip: number,
  kill: () => void,
): (chunk: Buffer) => Promise<void> | void {
  let met = 0
  return (chunk) => {
    if (!matches(chunk) || ++met <= skip) return
    kill()
    return new Promise(() => undefined)
  }
}

/** A TCP port of 127.0.0.1 that leads to a unix socket, for clients that need a URL. */
export async function openPort(t: Teardown, socket: string): Promise<number> {
  const server = createServer((client) => {
    const upstream = connect(socket)
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      from.pipe(to)
      from.on('error', () => to.destroy())
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  return (server.address() as AddressInfo).port
}

/** Chunks keep their order: each waits for the one before. */
function pass(
  from: Socket,
  to: Socket,
  hook: ((chunk: Buffer) => Promise<void> | void) | undefined,
  sent: ((chunk: Buffer) => void) | undefined = undefined,
): void {
  let before: Promise<void> = Promise.resolve()
  from.on('data', (chunk: Buffer) => {
    before = before.then(async () => {
      await hook?.(chunk)
      to.write(chunk, () => sent?.(chunk))
    })
  })
}
