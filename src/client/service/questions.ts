import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import { UsageError } from '../../command-line/usage-error.ts'

/** Asks whoever runs a command. */
export interface Questions {
  /**
   * @param isSecret whether what is typed stays invisible
   * @throws UsageError when nobody answers, because the input has ended; the signal's reason
   */
  ask(question: string, isSecret?: boolean): Promise<string>
  /** Reads no more, so that the process can end. */
  close(): void
}

/** Questions go to stderr, answers come from stdin, one a line. */
export function openQuestions(stderr: NodeJS.WriteStream, signal: AbortSignal): Questions {
  let isMuted = false
  const isTerminal = process.stdin.isTTY === true
  const shown = new Writable({
    write(chunk, _encoding, done) {
      if (!isMuted) stderr.write(chunk)
      done()
    },
  })
  const lines = createInterface({ input: process.stdin, ...(isTerminal && { output: shown, terminal: true }) })
  const answers = lines[Symbol.asyncIterator]()
  const close = () => lines.close()
  signal.addEventListener('abort', close, { once: true })
  return {
    async ask(question, isSecret = false) {
      stderr.write(question)
      isMuted = isSecret
      const answer = await answers.next()
      if (isMuted) stderr.write('\n')
      isMuted = false
      signal.throwIfAborted()
      if (answer.done) throw new UsageError('nobody has answered: the input has ended')
      return answer.value.trim()
    },
    close() {
      signal.removeEventListener('abort', close)
      close()
    },
  }
}
