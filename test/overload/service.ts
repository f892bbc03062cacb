import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { allocatorOfImages } from '../support/image-environment.ts'

/** An API in a process of its own, whose memory and end can be seen. */
export interface OverloadedService {
  url: string
  /** Mebibytes: the most so far. */
  peakMemory(): Promise<number>
  /** How it has ended without being asked to; undefined while it runs. */
  ended(): string | undefined
  stop(): Promise<void>
}

interface ServiceOptions {
  dataDir: string
  environment?: Record<string, string>
  /** `--api` or `--worker`; a worker has no address. */
  role: '--api' | '--worker'
  /** @defaultValue as this process */
  openFiles?: number
}

export async function startOverloaded(options: ServiceOptions): Promise<OverloadedService> {
  const { dataDir, environment = {}, role, openFiles } = options
  const limit = openFiles === undefined ? '' : `ulimit -n ${openFiles}; `
  const child = spawn(
    'sh',
    ['-c', `${limit}exec "$0" bin/intercom-sync serve ${role} --with-parent`, process.execPath],
    {
      env: {
        PATH: process.env.PATH,
        PORT: '0',
        LOG_LEVEL: 'fatal',
        DATA_DIR: dataDir,
        ...allocatorOfImages(),
        ...environment,
      },
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  )
  let isAsked = false
  let end: string | undefined
  const closed = once(child, 'exit').then(([code, signal]) => {
    if (!isAsked) end = `it ended with ${signal ?? code}`
  })
  return {
    url: await addressOf(child),
    peakMemory: async () => {
      const status = await readFile(`/proc/${child.pid}/status`, 'utf8').catch(() => '')
      return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1024
    },
    ended: () => end,
    async stop() {
      isAsked = true
      child.kill('SIGTERM')
      await closed
    },
  }
}

/** Where it listens, or an empty text for a worker, as soon as it says so. */
async function addressOf(child: ChildProcess): Promise<string> {
  if (!child.stdout) throw new Error('no output')
  for await (const line of createInterface({ input: child.stdout })) {
    const [, address] = /^intercom-sync (?:listens on (\S+)|works on)/.exec(line) ?? [undefined, undefined]
    if (line.startsWith('intercom-sync ')) {
      child.stdout.resume()
      return address ?? ''
    }
  }
  throw new Error('the service ended before it listened')
}
