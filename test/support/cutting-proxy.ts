import { EventEmitter, once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import type { Teardown } from './processes.ts'

/** A connection that breaks. */
export interface CuttingProxy {
  port: number
  /** How many answers it has cut so far. */
  cuts(): number
  /** Bytes that it has let through to clients so far. */
  passed(): number
  /** Resolves with the next bytes that it lets through to a client. */
  untilPassed(): Promise<void>
}

/**
 * A TCP port in front of another one. It lets so many bytes of each connection through to the client and then resets
 * the connection.
 *
 * @param nextLimit bytes of the next connection; undefined = all
 */
export async function startCuttingProxy(
  t: Teardown,
  targetPort: number,
  nextLimit: () => number | undefined,
): Promise<CuttingProxy> {
  let cuts = 0
  let bytes = 0
  const passing = new EventEmitter()
  const open = new Set<Socket>()
  const server = createServer((client) => {
    const upstream = connect(targetPort, '127.0.0.1')
    let left = nextLimit() ?? Infinity
    for (const end of [client, upstream]) {
      open.add(end)
      end.on('error', () => undefined)
      end.on('close', () => {
        open.delete(end)
        client.destroy()
        upstream.destroy()
      })
    }
    client.pipe(upstream)
    upstream.on('data', (chunk: Buffer) => {
      if (left === 0) return
      const passed = chunk.subarray(0, left)
      left -= passed.length
      bytes += passed.length
      passing.emit('passed')
      if (left > 0) {
        if (client.write(passed)) return
        upstream.pause()
        client.once('drain', () => upstream.resume())
        return
      }
      cuts++
      client.write(passed, () => client.destroy())
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    for (const end of open) end.destroy()
    server.close()
  })
  return {
    port: (server.address() as AddressInfo).port,
    cuts: () => cuts,
    passed: () => bytes,
    untilPassed: () => once(passing, 'passed').then(() => undefined),
  }
}
