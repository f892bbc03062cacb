import { connect } from 'node:net'

/** An answer as its bytes came. */
export interface RawAnswer {
  status: number
  /** Lower-case names. */
  headers: ReadonlyMap<string, string>
  /** Everything after the headers, chunks and all. */
  body: Buffer
  /** How the server closed the connection: `end` in order, also when the process behind it was killed. */
  closed: 'end' | 'reset'
}

interface RawOptions {
  body?: string
  /** Lines, beside `Host` and, for a body, its type and length. */
  headers?: string[]
  /** Ends the client's half of the connection together with the request. */
  halfClose?: boolean
}

/** One call over a bare socket, which is open until the server closes it. @param line e.g. `GET / HTTP/1.0` */
export function callRaw(port: number, line: string, options: RawOptions = {}): Promise<RawAnswer> {
  const { body, headers = ['Connection: close'], halfClose = false } = options
  const ofBody =
    body === undefined ? [] : ['Content-Type: application/json', `Content-Length: ${Buffer.byteLength(body)}`]
  const text = [line, 'Host: localhost', ...headers, ...ofBody, '', body ?? ''].join('\r\n')
  return sendRaw(port, text, halfClose)
}

/** The same for any bytes. */
export function sendRaw(port: number, text: string, halfClose = false): Promise<RawAnswer> {
  // `allowHalfOpen` leaves it to the client when its own half ends.
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  const pieces: Buffer[] = []
  socket.on('data', (piece) => pieces.push(piece))
  if (halfClose) socket.end(text)
  else socket.write(text)
  return new Promise((resolve) => {
    const finish = (closed: RawAnswer['closed']) => {
      socket.destroy()
      resolve({ ...parse(Buffer.concat(pieces)), closed })
    }
    socket.once('end', () => finish('end'))
    socket.once('error', () => finish('reset'))
  })
}

function parse(answer: Buffer): Omit<RawAnswer, 'closed'> {
  const head = answer.indexOf('\r\n\r\n')
  const [statusLine = '', ...lines] = answer.subarray(0, Math.max(0, head)).toString().split('\r\n')
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(':')
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
  })
  return { status: Number(statusLine.split(' ')[1]), headers: new Map(headers), body: answer.subarray(head + 4) }
}
