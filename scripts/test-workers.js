// Processes that run one test file after the other (scripts/test-worker.js), as many as files run side by side. A file
// that fails takes its process with it, so that what it has left behind disturbs no other file.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { TapFile } from 'tap'

/** A process that holds more after a file is not used again, bytes. */
const mostMemory = 500 << 20

/**
 * @param root folder of the repository
 * @param timeoutSeconds after which a file's process is killed, and the file has failed
 */
export function openTestWorkers({ root, nodeOptions, timeoutSeconds }) {
  const idle = []

  function startWorker() {
    const { NODE_OPTIONS: _, ...environment } = process.env
    const worker = fork(join(root, 'scripts', 'test-worker.js'), {
      cwd: root,
      execArgv: nodeOptions,
      // Each file has a time limit of its own; the process has none.
      env: { ...environment, TAP_TIMEOUT: '0' },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    for (const stream of [worker.stdout, worker.stderr]) stream.pipe(process.stderr, { end: false })
    worker.on('error', () => undefined)
    return worker
  }

  /** Writes what a file prints as TAP to the stream; that its process has ended is told there, too. */
  async function run(file, program, tap) {
    const worker = idle.pop() ?? startWorker()
    let isOver = false
    let stderr = ''
    const keep = (text) => {
      stderr = (stderr + text).slice(-20_000)
    }
    worker.stderr.on('data', keep)
    const told = new Promise((resolve) => {
      worker.on('message', function listen(message) {
        if (message.text !== undefined) tap.write(message.text)
        if (!message.isOver) return
        isOver = true
        worker.off('message', listen)
        if (message.passed && message.memory < mostMemory) idle.push(worker)
        else worker.disconnect()
        resolve()
      })
    })
    const ended = once(worker, 'close')
    const timer = setTimeout(() => worker.kill('SIGKILL'), timeoutSeconds * 1000)
    if (worker.connected) worker.send({ file, program, timeoutMs: timeoutSeconds * 1000 }, () => undefined)
    await Promise.race([told, ended])
    clearTimeout(timer)
    worker.stderr.off('data', keep)
    if (!isOver) tap.write(`${await tellEnd(ended, stderr)}\n`)
    tap.end()
  }

  /** A failure in TAP, with the last of what the process has written to stderr. */
  async function tellEnd(ended, stderr) {
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
      await Promise.all(
        idle.map((worker) => {
          worker.disconnect()
          return once(worker, 'close')
        }),
      )
    },
  }
}
