import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { refuseToken, refuseTokenBelow } from './token-leaks.ts'

/** A process that a test runs and ends. */
export interface TestProcess {
  child: ChildProcess
  /** Everything it has written so far. */
  stdout(): string
  stderr(): string
  /** Resolves with the first line on stdout or stderr that matches; rejects when the process ends without one. */
  untilLine(pattern: RegExp): Promise<string>
  /**
   * Sends a signal and waits until the process is gone. Resolves with its exit code, or with the signal that ended it.
   */
  end(signal: NodeJS.Signals): Promise<number | NodeJS.Signals>
  /** Resolves with the same when the process is gone and all that it printed has been read. */
  exited: Promise<number | NodeJS.Signals>
}

/** The part of a test that support code needs: registering something to do when the test ends. */
export interface Teardown {
  teardown(callback: () => unknown): unknown
}

/** The folder of the repository's compiled files, which include this one. */
const compiled = new URL('../../', import.meta.url)

/** How a process runs, apart from the program. */
export interface RunOptions {
  /** @defaultValue that of the test */
  cwd?: string
  /**
   * Whether it leads a process group, as in a terminal: then a signal to its negative id acts as Ctrl-C. @defaultValue
   * false
   */
  ownGroup?: boolean
  /**
   * The user that runs it, by number, with a group of the same number and no others; only root can set this.
   * @defaultValue the user who runs the test
   */
  user?: number | undefined
  /** Whether it may print the token of the tests, as the demo does in the commands that it shows. @defaultValue false */
  showsToken?: boolean
}

/** A compiled file of this repository, e.g. `test/support/worker-process.js`; its bundle, which starts faster, if it has one. */
export function compiledFile(file: string): string {
  const bundled = fileURLToPath(new URL(`bundle/checkout/${file}`, compiled))
  return existsSync(bundled) ? bundled : fileURLToPath(new URL(file, compiled))
}

/** Runs a compiled file. */
export function runCompiled(
  t: Teardown,
  file: string,
  args: string[] = [],
  environment: Record<string, string> = {},
  options: RunOptions = {},
) {
  return runProcess(t, process.execPath, [compiledFile(file), ...args], environment, options)
}

export function runProcess(
  t: Teardown,
  command: string,
  args: string[],
  environment: Record<string, string> = {},
  { cwd, ownGroup = false, user, showsToken = false }: RunOptions = {},
): TestProcess {
  // The test runner makes Node record the modules it loads, in a folder where another user may not write.
  const own = user === undefined ? [] : ['env', '-u', 'NODE_OPTIONS']
  const [program = command, ...rest] = [...own, command, ...args]
  const child = spawn(program, rest, {
    ...(cwd && { cwd }),
    ...(user !== undefined && { uid: user, gid: user }),
    detached: ownGroup,
    env: { PATH: process.env.PATH, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const lines: string[] = []
  const texts = { stdout: '', stderr: '' }
  const watchers = new Set<() => void>()
  for (const name of ['stdout', 'stderr'] as const) {
    createInterface({ input: child[name] }).on('line', (line) => {
      texts[name] += `${line}\n`
      lines.push(line)
      for (const watch of [...watchers]) watch()
    })
  }
  // 'exit' may come before the last of what the process printed has been read; 'close' comes after it.
  const exited = once(child, 'close').then(([code, signal]) => (signal ?? code) as number | NodeJS.Signals)
  const isOver = () => child.exitCode !== null || child.signalCode !== null
  t.teardown(async () => {
    if (!isOver()) child.kill('SIGKILL')
    await exited
    if (!showsToken)
      for (const text of Object.values(texts)) refuseToken(`what ${[program, ...rest].join(' ')} has printed`, text)
    if (environment.DATA_DIR) await refuseTokenBelow(environment.DATA_DIR)
  })
  return {
    child,
    exited,
    stdout: () => texts.stdout,
    stderr: () => texts.stderr,
    async untilLine(pattern) {
      const found = new Promise<string>((resolve) => {
        const watch = () => {
          const line = lines.find((candidate) => pattern.test(candidate))
          if (line === undefined) return
          watchers.delete(watch)
          resolve(line)
        }
        watchers.add(watch)
        watch()
      })
      const ended = once(child, 'close').then(() => {
        throw new Error(`it ended without ${pattern}:\n${lines.join('\n')}`)
      })
      ended.catch(() => undefined)
      return Promise.race([found, ended])
    },
    async end(signal) {
      child.kill(signal)
      return exited
    },
  }
}

/** The stdout of a shell command. */
export async function runShell(t: Teardown, command: string): Promise<string> {
  const shell = runProcess(t, 'sh', ['-c', command])
  await shell.exited
  return shell.stdout()
}
