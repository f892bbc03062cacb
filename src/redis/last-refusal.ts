import type { Redis } from 'ioredis'

/** What ioredis says of a command when it has no connection. Why it has none, the client's last error says. */
const withoutConnection = /Stream isn't writeable|max retries per request|Connection is closed/

/** What Redis answers to commands while it reads its data. */
const stillLoading = 'LOADING Redis is loading the dataset in memory'

/**
 * Makes the commands of a client without a connection fail with the reason for which it has none, such as a password
 * that Redis no longer accepts, or a Redis that still reads its data.
 */
export function tellLastRefusal(redis: Redis): void {
  let refusal: string | undefined
  redis.on('error', (error: Error) => {
    refusal = textOf(error)
  })
  redis.on('ready', () => {
    refusal = undefined
  })
  const noteLoading = (answer: unknown) => {
    if (redis.status === 'connect' && /^loading:1\b/m.test(String(answer))) refusal = stillLoading
  }
  const send = redis.sendCommand.bind(redis)
  redis.sendCommand = (command, stream) => {
    // ioredis asks a new connection with INFO whether Redis has read its data, waits until it has, and tells nobody.
    if (command.name === 'info') command.promise.then(noteLoading, () => undefined)
    const reject = command.reject
    command.reject = (error) => {
      // Its text alone: ioredis adds the command to its errors, and with it a password.
      reject(refusal !== undefined && withoutConnection.test(error.message) ? new Error(refusal) : error)
    }
    return send(command, stream)
  }
}

/** Errors of TLS tell their kind by their code only. */
function textOf(error: Error & { code?: unknown }): string {
  return typeof error.code === 'string' && !error.message.includes(error.code)
    ? `${error.message} (${error.code})`
    : error.message
}
