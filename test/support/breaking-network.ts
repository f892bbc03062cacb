import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import type { Teardown } from './processes.ts'

/** A network that breaks the connections on which messages are requested. */
export interface BreakingNetwork {
  url: string
  /** How many connections have been cut or held so far. */
  broken(): number
  /** Resolves when a connection has been held. */
  held: Promise<void>
}

/**
 * Leads to a service. It breaks the connections that ask for messages: the first one after the first of these numbers
 * of bytes of the answer, the next one after the second number, and so on. When the numbers are used up, nothing is
 * broken.
 *
 * @param how `cut` closes a connection, `hold` leaves it open and lets nothing more pass
 */
export async function startBreakingNetwork(
  t: Teardown,
  target: string,
  limits: readonly number[],
  how: 'cut' | 'hold',
): Promise<BreakingNetwork> {
  let used = 0
  let broken = 0
  let tellHeld = () => {}
  const held = new Promise<void>((resolve) => {
    tellHeld = resolve
  })
  const open = new Set<Socket>()
  const server = createServer((client) => {
    const upstream = connect(Number(new URL(target).port), '127.0.0.1')
    for (const [end, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      open.add(end)
      end.on('error', () => other.destroy())
      end.on('close', () => open.delete(end))
    }
    let left = Number.POSITIVE_INFINITY
    client.on('data', (chunk: Buffer) => {
      if (/^GET \S+\/messages/.test(chunk.toString('latin1'))) left = limits[used++] ?? left
      upstream.write(chunk)
    })
    client.on('end', () => upstream.end())
    upstream.on('data', (chunk: Buffer) => {
      const isLast = chunk.length >= left
      client.write(chunk.subarray(0, left))
      left -= Math.min(left, chunk.length)
      if (!isLast) return
      broken++
      upstream.destroy()
      if (how === 'cut') client.destroySoon()
      else tellHeld()
    })
    upstream.on('end', () => client.end())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    for (const end of open) end.destroy()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, broken: () => broken, held }
}
