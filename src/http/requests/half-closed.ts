import type { IncomingMessage, ServerResponse } from 'node:http'
import { setImmediate as turn } from 'node:timers/promises'
import { CodedError } from '../../errors.ts'

/**
 * Refuses to follow a job for a client that has ended its half of the connection together with the request (`nc -N`,
 * `printf … | socat`). Ending it is how a reader leaves, so the job would lose its reader as soon as it began.
 *
 * @throws CodedError `half_closed`
 */
export async function refuseHalfClosed({ socket }: IncomingMessage): Promise<void> {
  await untilEndIsSeen()
  if (!socket.readableEnded) return
  throw new CodedError(
    'half_closed',
    'The client has closed its half of the connection (shutdown, FIN), which is how a reader of messages leaves. Keep it ' +
      'open until the messages are read, or start the job without reading it: Accept: application/json',
  )
}

/** Takes the end of the client's half of the connection as its leaving, while a response follows a job. */
export function closeWhenHalfClosed(response: ServerResponse): void {
  const halfClosed = halfClosedSignal(response)
  const close = () => void response.socket?.end()
  if (halfClosed.aborted) close()
  else halfClosed.addEventListener('abort', close)
}

/**
 * The same while Intercom is asked for a client, which may take long. An end that came together with the request is
 * another thing: that client waits for the answer.
 */
export async function closeWhenHalfClosedLater(response: ServerResponse): Promise<void> {
  await untilEndIsSeen()
  if (!response.socket?.readableEnded) closeWhenHalfClosed(response)
}

/** Node reads once from a socket in each turn of its loop: the end that has come behind a request is seen in the next. */
async function untilEndIsSeen(): Promise<void> {
  await turn()
  await turn()
}

/** Aborts when the client ends its half of the connection before the response is over. */
export function halfClosedSignal(response: ServerResponse): AbortSignal {
  const { socket } = response
  const halfClosed = new AbortController()
  const end = () => halfClosed.abort()
  if (socket?.readableEnded) end()
  socket?.once('end', end)
  response.once('close', () => socket?.off('end', end))
  return halfClosed.signal
}
