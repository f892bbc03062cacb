import type { Writable } from 'node:stream'

/** Where messages go. */
export interface Output {
  /**
   * Resolves when the system has taken everything, so a reader that stalls also stalls whoever waits for the write.
   *
   * @throws OutputClosedError
   */
  write(lines: string | Buffer): Promise<void>
}

/** Nobody reads messages any more. */
export class OutputClosedError extends Error {
  override name = 'OutputClosedError'
  /** Whether the reader has left, which is its way to cancel. */
  readonly byReader: boolean

  constructor(cause: Error) {
    super(`the messages cannot be written: ${cause.message}`, { cause })
    this.byReader = 'code' in cause && cause.code === 'EPIPE'
  }
}

/** @param onClosed called once when writing has failed, before the waiting writers get their errors */
export function openOutput(stream: Writable, onClosed: (error: OutputClosedError) => void): Output {
  let closed: OutputClosedError | undefined
  const fail = (cause: Error): OutputClosedError => {
    if (closed) return closed
    closed = new OutputClosedError(cause)
    onClosed(closed)
    return closed
  }
  stream.on('error', fail)
  return {
    write: (lines) =>
      new Promise((resolve, reject) => {
        stream.write(lines, (cause) => (cause ? reject(fail(cause)) : resolve()))
      }),
  }
}
