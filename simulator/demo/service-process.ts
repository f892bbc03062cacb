import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/** The service as a process of its own. */
export interface ServiceProcess {
  address: string
  /** Resolves when the process is gone, told or not. */
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
  /** Told of what the service writes on stderr, line by line. */
  onLine: (line: string) => void
  /** Ends the service, also one that is not up yet. */
  signal: AbortSignal
}

/** What the service takes over from our environment; settings for another service are not meant for this one. */
const inherited = ['PATH', 'HOME', 'TMPDIR']

/** Starts the service, with an embedded Redis. @throws Error when it ends before it listens */
export async function startService(options: ServiceOptions): Promise<ServiceProcess> {
  const { command, intercom, dataDir, environment, onLine, signal } = options
  const own = { INTERCOM_BASE_URL: intercom, DATA_DIR: dataDir, PORT: '0', LOG_LEVEL: 'warn' }
  // In a process group of its own: Ctrl-C in a terminal must reach it once, from us, or it would give up its orderly end.
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

/** A line of the service's log as a sentence; a line of any other kind as it is. */
function inWords(line: string): string {
  try {
    const { msg, error } = JSON.parse(line) as { msg?: unknown; error?: { message?: unknown } }
    if (typeof msg !== 'string') return line
    return `The service says: ${msg}${typeof error?.message === 'string' ? `: ${error.message}` : ''}`
  } catch {
    return line
  }
}
