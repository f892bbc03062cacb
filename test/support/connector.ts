import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Teardown } from './processes.ts'

/** What a connector printed until its process was gone. */
export interface Finished {
  /** The exit code, or the signal that ended it. */
  end: number | NodeJS.Signals
  stdout: Buffer
  stderr: string
}

/** A connector that is running. */
export interface RunningConnector {
  child: ChildProcess
  /** Resolves when a line of stdout contains such a text; rejects when it ends without one. */
  untilPrinted(pattern: RegExp): Promise<void>
  /** Resolves when stdout contains so many whole lines; rejects when it ends before. */
  untilLines(count: number): Promise<void>
  finished: Promise<Finished>
}

export interface RunOptions {
  /** Intercom's address. */
  intercom?: string
  /** More variables for its environment. */
  environment?: Record<string, string>
  /** For Node itself. */
  nodeOptions?: string
  /** Whether the test writes to its stdin. @defaultValue false: it has none */
  stdin?: boolean
  /** Whether stdout is left unread until the test reads it. @defaultValue false */
  stalled?: boolean
}

export interface ConnectorBench {
  /** Path of the executable. */
  program: string
  /** Writes a file and returns its path. A text is written unchanged, anything else as JSON. */
  write(name: string, content: unknown): string
  start(args: string[], options?: RunOptions): RunningConnector
  run(args: string[], options?: RunOptions): Promise<Finished>
}

/** The stderr of a read that had nothing to say but how far it is, a line every 30 s. */
export const onlyProgress = /^( {2}[\d.]+ s: .*\n)*$/

const compiled = fileURLToPath(new URL('../../', import.meta.url))

/**
 * The executable as it ships, wherever this file was compiled to, and a folder for its files. Without the bundles, each
 * module is loaded from a file of its own.
 */
export function openConnector(t: Teardown, { isBundled = true } = {}): ConnectorBench {
  const folder = mkdtempSync(join(tmpdir(), 'intercom-sync-connector-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  cpSync('bin', join(folder, 'bin'), { recursive: true })
  if (isBundled) symlinkSync(compiled, join(folder, 'dist'))
  else {
    mkdirSync(join(folder, 'dist'))
    for (const name of ['src', 'simulator']) symlinkSync(join(compiled, name), join(folder, 'dist', name))
  }

  const program = join(folder, 'bin', 'intercom-sync')
  const start: ConnectorBench['start'] = (args, options = {}) => {
    const { intercom, environment, nodeOptions, stdin = false, stalled = false } = options
    const child = spawn(program, args, {
      env: {
        PATH: process.env.PATH,
        ...(intercom !== undefined && { INTERCOM_BASE_URL: intercom }),
        ...environment,
        ...(nodeOptions !== undefined && { NODE_OPTIONS: nodeOptions }),
      },
      stdio: [stdin ? 'pipe' : 'ignore', 'pipe', 'pipe'],
    })
    t.teardown(() => void child.kill('SIGKILL'))
    return watch(child, stalled)
  }

  return {
    program,
    write(name, content) {
      const path = join(folder, name)
      writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
      return path
    },
    start,
    run: (args, options) => start(args, options).finished,
  }
}

function watch(child: ChildProcess, stalled: boolean): RunningConnector {
  const pieces: Buffer[] = []
  const errors: Buffer[] = []
  child.stdout?.on('data', (piece: Buffer) => pieces.push(piece))
  child.stderr?.on('data', (piece: Buffer) => errors.push(piece))
  if (stalled) child.stdout?.pause()
  const finished = once(child, 'close').then(([code, signal]: (number | NodeJS.Signals | null)[]) => ({
    end: (signal ?? code) as number | NodeJS.Signals,
    stdout: Buffer.concat(pieces),
    stderr: Buffer.concat(errors).toString(),
  }))
  /** @param holds whether it is there, looking at what was printed since the last look */
  async function until(what: string, holds: (printed: Buffer) => boolean): Promise<void> {
    const isOver = finished.then(({ stderr }) => {
      throw new Error(`it ended without ${what}: ${stderr}`)
    })
    isOver.catch(() => undefined)
    for (let seen = 0; ; ) {
      const printed = Buffer.concat(pieces.slice(seen))
      seen = pieces.length
      if (holds(printed)) return
      await Promise.race([once(child.stdout as NonNullable<typeof child.stdout>, 'data'), isOver])
    }
  }
  /** Of a text it knows the last line, which may not be whole. */
  function findsLine(pattern: RegExp): (printed: Buffer) => boolean {
    let line = ''
    return (printed) => {
      const text = line + printed.toString('latin1')
      line = text.slice(text.lastIndexOf('\n') + 1)
      return pattern.test(text)
    }
  }
  function countsLines(wanted: number): (printed: Buffer) => boolean {
    let count = 0
    return (printed) => {
      for (const byte of printed) if (byte === 0x0a) count++
      return count >= wanted
    }
  }
  return {
    child,
    finished,
    untilPrinted: (pattern) => until(String(pattern), findsLine(pattern)),
    untilLines: (count) => until(`${count} lines`, countsLines(count)),
  }
}
