import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/** The service as a separate process. */
export interface ServiceProcess {
  address: string
  /** Resolves when the process is gone, whether or not it was asked to end. */
  ended: Promise<void>
  stop(): Promise<void>
}

export interface ServiceOptions {
  /** A JavaScript file and its arguments. */
  command: readonly string[]
  /** Where the simulated Intercom listens. */
  intercom: string
  dataDir: string
  environment: NodeJS.ProcessEnv
  /** Gets each line that the service writes to stderr. */
  onLine: (line: string) => void
  /** Ends the service, even while it is still starting. */
  signal: AbortSignal
}

/** Variables that the service takes from our environment; settings for another service are not meant for this one. */
const inherited = ['PATH', 'HOME', 'TMPDIR']

/** Starts the service, with an embedded Redis. @throws Error when it ends before it listens */
export async function startService(options: ServiceOptions): Promise<ServiceProcess> {
  const { command, intercom, dataDir, environment, onLine, signal } = options
  const own = { INTERCOM_BASE_URL: intercom, DATA_DIR: dataDir, PORT: '0', LOG_LEVEL: 'warn' }
  // Own process group: Ctrl-C in a terminal must reach the service only once, from us. Twice would end it at once.
  const child = spawn(process.execPath, command, {
    env: { ...Object.fromEntries(inherited.map((name) => [name, environment[name]])), ...own },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  let isTold = false
  const end = () => {
    // A second signal would end it at once, and leave its Redis no time.
    if (!isTold) child.kill('SIGTERM')
    isTold = true
  }
  process.once('exit', end)
  signal.addEventListener('abort', end, { once: true })
  const ended = once(child, 'close').then(() => void process.off('exit', end))
  createInterface({ input: child.stderr }).on('line', (line) => onLine(inWords(line)))
  const listening = new Promise<string>((resolve) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const address = /^intercom-sync listens on (\S+)/.exec(line)?.[1]
      if (address !== undefined) resolve(address)
    })
  })
  const failed = ended.then(() => {
    throw new Error('the service ended before it listened')
  })
  return {
    address: await Promise.race([listening, failed]),
    ended,
    async stop() {
      end()
      await ended
    },
  }
}

/** A line of the service's log as a sentence; any other line unchanged. */
function inWords(line: string): string {
  try {
    const { msg, error } = JSON.parse(line) as { msg?: unknown; error?: { message?: unknown } }
    if (typeof msg !== 'string') return line
    return `The service says: ${msg}${typeof error?.message === 'string' ? `: ${error.message}` : ''}`
  } catch {
    return line
  }
}
