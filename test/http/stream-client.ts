import { once } from 'node:events'
import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http'

/** A streaming call as a bare HTTP client sees it: what came, and whether the body was ended or cut. */
export interface StreamCall {
  status: number
  headers: IncomingHttpHeaders
  /** What has come so far. */
  text(): string
  /** Resolves as soon as the text so far satisfies `holds`. */
  until(holds: (text: string) => boolean): Promise<void>
  /** `end`: the chunked body was ended properly; `cut`: the connection broke before that. */
  finished: Promise<'end' | 'cut'>
  /** Hangs up. */
  leave(): void
  response: IncomingMessage
}

interface CallOptions {
  method?: string
  headers?: Record<string, string>
  body?: string
  /** Takes nothing from the socket until `response` is read. */
  paused?: boolean
}

export async function openStream(url: string, options: CallOptions = {}): Promise<StreamCall> {
  const { method = 'GET', headers = {}, body, paused = false } = options
  const call = request(url, { method, headers, agent: false })
  call.end(body)
  const [response] = (await once(call, 'response')) as [IncomingMessage]
  const pieces: Buffer[] = []
  const watchers = new Set<() => void>()
  const text = () => Buffer.concat(pieces).toString()
  if (!paused) {
    response.on('data', (piece: Buffer) => {
      pieces.push(piece)
      for (const look of watchers) look()
    })
  }
  const finished = new Promise<'end' | 'cut'>((resolve) => {
    response.once('end', () => resolve('end'))
    response.once('error', () => resolve('cut'))
  })
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    text,
    until: (holds) =>
      new Promise<void>((resolve, reject) => {
        const look = () => {
          if (!holds(text())) return
          watchers.delete(look)
          resolve()
        }
        watchers.add(look)
        void finished.then((how) => {
          look()
          if (watchers.has(look)) reject(new Error(`${how} before that came; so far: ${text().slice(-200)}`))
        })
        look()
      }),
    finished,
    leave: () => call.destroy(),
    response,
  }
}

/** How often `line` ends occur. */
export function countLines(text: string): number {
  return text.split('\n').length - 1
}
