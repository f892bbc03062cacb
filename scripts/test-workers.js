// Processes that run one test file after the other (scripts/test-worker.js), as many as files run side by side. A file
// that fails takes its process with it, so that what it has left behind disturbs no other file.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { TapFile } from 'tap'

/** A process that holds more after a file is not used again, bytes. */
const mostMemory = 500 << 20

/**
 * @param root folder of the repository
 * @param timeoutSeconds after which a file's process is killed, and the file has failed
 */
export function openTestWorkers({ root, nodeOptions, timeoutSeconds }) {
  const idle = new Set()

  // Both pipes of each worker listen to it.
  process.stderr.setMaxListeners(0)

  function startWorker() {
    const { NODE_OPTIONS: _, ...environment } = process.env
    const child = fork(join(root, 'scripts', 'test-worker.js'), {
      cwd: root,
      execArgv: nodeOptions,
      // Each file has a time limit of its own; the process has none.
      env: { ...environment, TAP_TIMEOUT: '0' },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    const worker = { child, file: '', stderr: '', ended: once(child, 'exit'), closed: once(child, 'close') }
    for (const stream of [child.stdout, child.stderr]) stream.pipe(process.stderr, { end: false })
    child.stderr.on('data', (text) => {
      worker.stderr = (worker.stderr + text).slice(-20_000)
    })
    child.on('exit', (code, signal) => {
      if (!idle.delete(worker)) return
      console.error(`${worker.file}: what it has left behind ended its process with ${signal ?? code}`)
      process.exitCode = 1
    })
    return worker
  }

  function takeWorker(file) {
    const [worker = startWorker()] = idle
    idle.delete(worker)
    return Object.assign(worker, { file, stderr: '' })
  }

  /** Writes what a file prints as TAP to the stream; that its process has ended is told there, too. */
  async function run(file, program, tap) {
    const worker = takeWorker(file)
    const { child, ended, closed } = worker
    const over = new Promise((resolve) => {
      child.on('message', function listen(message) {
        if (message.text !== undefined) tap.write(message.text)
        if (!message.isOver) return
        child.off('message', listen)
        resolve(message)
      })
    })
    const timer = setTimeout(() => child.kill('SIGKILL'), timeoutSeconds * 1000)
    child.send({ file, program, timeoutMs: timeoutSeconds * 1000 }, () => undefined)
    const result = await Promise.race([over, ended.then(() => undefined)])
    clearTimeout(timer)
    if (result === undefined) {
      // Its last words may come after its end; what it has started may hold stderr open for longer.
      await Promise.race([closed, sleep(1000)])
      tap.write(`${await tellEnd(worker)}\n`)
    } else if (result.passed && result.memory < mostMemory) idle.add(worker)
    else child.disconnect()
    tap.end()
  }

  /** A failure in TAP, with the last of what the process has written to stderr. */
  async function tellEnd({ ended, stderr }) {
    const [code, signal] = await ended
    const lines = stderr
      .trimEnd()
      .split('\n')
      .map((line) => `    ${line}`)
    const details = stderr === '' ? [] : ['  ---', '  stderr: |-', ...lines, '  ...']
    return ['', `not ok - its process ended with ${signal ?? code}`, ...details].join('\n')
  }

  return {
    /** A test of tap's that runs a file in such a process once its turn has come. */
    fileTest(program) {
      return class extends TapFile {
        main(done) {
          void run(this.name, program, this.tapStream)
          super.main(done)
        }
      }
    },
    tapStream: () => new PassThrough(),
    /** Ends the processes, and waits for it. */
    async close() {
      const workers = [...idle]
      idle.clear()
      for (const { child } of workers) child.disconnect()
      await Promise.all(workers.map(({ ended }) => ended))
    },
  }
}
