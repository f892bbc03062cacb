import type { IncomingMessage } from 'node:http'
import { pipeline, type Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import type { Route } from '../../../network/route.ts'

interface ExchangeRequest {
  method: string
  url: URL
  headers: Record<string, string>
  body?: string
  signal: AbortSignal
}

/** An answer whose head has come. */
interface ServiceAnswer {
  status: number
  headers: Headers
  /** The body, unpacked. It fails when it is cut, wherever that is. */
  body: Readable
}

/** Sends one request, and never follows a redirect. @throws the route's errors; the signal's reason */
export async function exchange(
  route: Route,
  { method, url, headers, body, signal }: ExchangeRequest,
): Promise<ServiceAnswer> {
  signal.throwIfAborted()
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const request = route.request(
      {
        protocol: url.protocol,
        hostname: url.hostname.replace(/^\[|\]$/g, ''),
        port: url.port,
        path: `${url.pathname}${url.search}`,
        method,
        headers: {
          'user-agent': 'intercom-sync',
          ...headers,
          ...(body && { 'content-length': String(Buffer.byteLength(body)) }),
        },
        givenUp: signal,
      },
      resolve,
    )
    const abort = () => {
      reject(signal.reason)
      request.destroy()
    }
    signal.addEventListener('abort', abort, { once: true })
    request.once('close', () => signal.removeEventListener('abort', abort))
    request.on('error', reject)
    request.end(body)
  })
  return { status: answer.statusCode ?? 0, headers: headersOf(answer), body: unpacked(answer) }
}

/** Pages come out of it as they arrive, because gzip is unpacked piece by piece. */
function unpacked(answer: IncomingMessage): Readable {
  if (answer.headers['content-encoding']?.toLowerCase() !== 'gzip') return answer
  // Whoever reads is told of the errors by the end of this pipe.
  return pipeline(answer, createGunzip(), () => undefined)
}

/** The encoding of a body that was not asked for, and is not unpacked. Its bytes must not be taken for messages. */
export function foreignEncoding(headers: Headers): string | undefined {
  const encoding = headers.get('content-encoding')?.toLowerCase() ?? 'identity'
  return encoding === 'identity' || encoding === 'gzip' ? undefined : encoding
}

function headersOf({ rawHeaders }: IncomingMessage): Headers {
  const headers = new Headers()
  for (let place = 0; place < rawHeaders.length; place += 2)
    headers.append(rawHeaders[place] ?? '', rawHeaders[place + 1] ?? '')
  return headers
}
