import { once } from 'node:events'
import http, { type IncomingMessage } from 'node:http'
import https from 'node:https'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { pipeline } from 'node:stream'
import { createServer as createTlsServer } from 'node:tls'
import type { ServerCertificate } from './certificates.ts'
import type { Teardown } from './processes.ts'

/** What a proxy has been asked. */
export interface ProxyRequest {
  method: string
  /** Host and port of a tunnel, or the whole address. */
  target: string
  /** User and password, decoded. */
  credentials: string | undefined
}

/** A forward proxy that writes down what it is asked. */
export interface ForwardProxy {
  port: number
  requests: ProxyRequest[]
  /** The most tunnels that were open at a time. */
  mostOpen(): number
}

export interface ForwardProxyOptions {
  /** Ports of this machine by the authority of a tunnel. @defaultValue the port that it names, here */
  ways?: Readonly<Record<string, number>>
  /** The status of each answer. @defaultValue 200, and the tunnel is open */
  answer?: (request: ProxyRequest) => number
  /** By TLS, then. */
  certificate?: ServerCertificate
}

export async function startForwardProxy(t: Teardown, options: ForwardProxyOptions = {}): Promise<ForwardProxy> {
  const { ways = {}, answer = () => 200, certificate } = options
  const requests: ProxyRequest[] = []
  const open = new Set<Socket>()
  let mostOpen = 0
  const note = (request: IncomingMessage): ProxyRequest => {
    const [, given] = request.headers['proxy-authorization']?.split(' ') ?? []
    const credentials = given === undefined ? undefined : Buffer.from(given, 'base64').toString()
    const noted = { method: request.method ?? '', target: request.url ?? '', credentials }
    requests.push(noted)
    return noted
  }

  const server = certificate ? https.createServer(certificate) : http.createServer()
  server.on('request', (request, response) => {
    const status = answer(note(request))
    if (status !== 200) {
      response.writeHead(status).end('<h1>The proxy</h1>')
      return
    }
    const { 'proxy-authorization': _, ...headers } = request.headers
    const { hostname, port, pathname, search } = new URL(request.url ?? '')
    const path = `${pathname}${search}`
    const onward = http.request({ host: hostname, port, path, method: request.method, headers }, (answered) => {
      response.writeHead(answered.statusCode ?? 0, answered.headers)
      // What is cut on one side is cut on the other.
      pipeline(answered, response, () => undefined)
    })
    onward.on('error', () => response.destroy())
    request.pipe(onward)
  })
  server.on('connect', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    const status = answer(note(request))
    socket.on('error', () => undefined)
    if (status !== 200) {
      socket.end(`HTTP/1.1 ${status} No\r\nContent-Length: 0\r\n\r\n`)
      return
    }
    const onward = connect(ways[request.url ?? ''] ?? Number(request.url?.split(':').at(-1)), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
      onward.write(head)
      onward.pipe(socket).pipe(onward)
    })
    open.add(socket)
    mostOpen = Math.max(mostOpen, open.size)
    onward.on('error', () => socket.destroy())
    socket.on('close', () => {
      open.delete(socket)
      onward.destroy()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    for (const socket of open) socket.destroy()
    server.close()
  })
  return { port: (server.address() as AddressInfo).port, requests, mostOpen: () => mostOpen }
}

/** A port that speaks TLS in front of one that does not. */
export async function startTlsFront(
  t: Teardown,
  targetPort: number,
  { key, cert }: ServerCertificate,
): Promise<number> {
  const open = new Set<Socket>()
  const server = createTlsServer({ key, cert }, (client) => {
    const onward = connect(targetPort, '127.0.0.1')
    for (const end of [client, onward]) {
      open.add(end)
      end.on('error', () => undefined)
      end.on('close', () => {
        client.destroy()
        onward.destroy()
      })
    }
    client.pipe(onward).pipe(client)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    for (const socket of open) socket.destroy()
    server.close()
  })
  return (server.address() as AddressInfo).port
}
