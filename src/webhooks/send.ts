import http from 'node:http'
import type { Socket } from 'node:net'
import type { Clock } from '../clock.ts'
import { hintFor } from '../network/failure-hints.ts'
import type { Proxies } from '../network/proxies.ts'
import { ProxyError } from '../network/proxy-error.ts'
import { type Connect, openReceiver } from './connect.ts'
import { type Receiver, ReceiverRefusedError, type Receivers, UnknownHostError } from './receivers.ts'
import { readRetryAfter } from './retries.ts'

export interface SendDependencies {
  receivers: Receivers
  connect: Connect
  /** The operator's, as on the way to Intercom. */
  proxies: Proxies
  clock: Clock
}

/** A message on its way. */
interface Post {
  url: string
  body: string
  headers: Record<string, string>
}

/** What a receiver answered, or why it did not. */
export interface SendOutcome {
  statusCode?: number
  /** What the receiver asks for, ms. */
  retryAfterMs?: number
  /** In words, for whoever has set the webhook; absent when the receiver took the message. */
  failure?: string
}

/** For everything up to the head of the answer, ms. */
const answerMs = 10_000
/** For the rest of an answer, whose text decides nothing, ms. */
const restMs = 1000
/** More of an answer is not read. */
const mostBytes = 16 * 1024

/** Sends a message once. Redirects are not followed. Does not throw, but for the signal's reason. */
export async function sendMessage(
  dependencies: SendDependencies,
  post: Post,
  signal: AbortSignal,
): Promise<SendOutcome> {
  const { receivers, clock } = dependencies
  const over = new AbortController()
  const end = () => over.abort(signal.reason)
  signal.addEventListener('abort', end, { once: true })
  const timing = new AbortController()
  const late = new Error('late')
  clock.sleep(answerMs, timing.signal).then(
    () => over.abort(late),
    () => undefined,
  )
  try {
    const aborted = new Promise<never>((_, reject) =>
      over.signal.addEventListener('abort', () => reject(over.signal.reason), { once: true }),
    )
    const sending = receivers.find(post.url).then((receiver) => exchange(dependencies, receiver, post, over.signal))
    return await Promise.race([sending, aborted])
  } catch (error) {
    signal.throwIfAborted()
    return { failure: error === late ? `did not answer within ${answerMs / 1000} s` : describe(error) }
  } finally {
    timing.abort()
    signal.removeEventListener('abort', end)
  }
}

async function exchange(
  dependencies: SendDependencies,
  receiver: Receiver,
  { body, headers }: Post,
  signal: AbortSignal,
): Promise<SendOutcome> {
  const socket = await openReceiver(dependencies, receiver, signal)
  const closeSocket = () => void socket.destroy()
  signal.addEventListener('abort', closeSocket, { once: true })
  try {
    signal.throwIfAborted()
    const answer = await request(socket, receiver.url, body, headers)
    await skipRest(answer, dependencies.clock)
    return outcomeOf(answer, dependencies.clock.now())
  } finally {
    socket.destroy()
    signal.removeEventListener('abort', closeSocket)
  }
}

function request(
  socket: Socket,
  { host, pathname, search }: URL,
  body: string,
  headers: Record<string, string>,
): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    const sent = http.request(
      {
        // Only without an agent, even one that is false, does Node take this connection and never opens another.
        createConnection: () => socket,
        method: 'POST',
        path: `${pathname}${search}`,
        headers: {
          host,
          'user-agent': 'intercom-sync',
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
          connection: 'close',
          ...headers,
        },
      },
      resolve,
    )
    sent.on('error', reject)
    sent.on('upgrade', () => reject(new Error('upgrade')))
    // A connection that ends in the middle of a head is no error to every version of Node.
    sent.on('close', () => reject(new Error('closed')))
    sent.end(body)
  })
}

/** Lets the receiver finish, within limits: some take an early end for an error of theirs. */
async function skipRest(answer: http.IncomingMessage, clock: Clock): Promise<void> {
  const over = new AbortController()
  const ended = new Promise<void>((resolve) => {
    let bytes = 0
    answer.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > mostBytes) resolve()
    })
    for (const event of ['end', 'close', 'error']) answer.once(event, () => resolve())
  })
  await Promise.race([ended, clock.sleep(restMs, over.signal).catch(() => undefined)])
  over.abort()
}

function outcomeOf({ statusCode = 0, headers }: http.IncomingMessage, now: number): SendOutcome {
  if (statusCode >= 200 && statusCode < 300) return { statusCode }
  const retryAfterMs = readRetryAfter(headers['retry-after'], now)
  const isRedirect = statusCode >= 300 && statusCode < 400
  return {
    statusCode,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    failure: `answered ${statusCode}${isRedirect ? ', and redirects are not followed' : ''}`,
  }
}

/** Only codes of the system and of TLS: other texts may hold anything. */
function describe(error: unknown): string {
  if (error instanceof ReceiverRefusedError || error instanceof UnknownHostError) return error.message
  if (error instanceof ProxyError) return `cannot be reached: ${error.message}`
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'no answer'
  return `cannot be reached (${code}${hintFor(code)})`
}
