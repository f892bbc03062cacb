// Two commands at once must not both install and compile into one folder: the second waits for the first.
// Plain JavaScript without packages, since it runs before anything is installed.
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/** Between two looks, ms. */
const lookMs = 100
/** Whoever holds the lock has written its process id by then, ms. */
const graceMs = 5000

/**
 * Waits until no other process has the lock, and takes it until this process ends. A lock whose process is gone counts as
 * given up.
 *
 * @param {string} path of the file that is the lock
 * @param {(line: string) => void} say gets a line if it has to wait
 * @param {number} limitMs after so long it goes on without the lock: a process id may have been given to another process
 */
export function takeLock(path, say, limitMs = 900_000) {
  mkdirSync(dirname(path), { recursive: true })
  const until = Date.now() + limitMs
  let isWaiting = false
  while (!tryToTake(path)) {
    const holder = holderOf(path)
    if (holder === undefined) {
      rmSync(path, { force: true })
      continue
    }
    if (Date.now() > until) return say(`setup: process ${holder} has not ended; if it is no setup, remove ${path}`)
    if (!isWaiting) say(`setup: waiting for process ${holder}, which sets up the same folder`)
    isWaiting = true
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, lookMs)
  }
  process.on('exit', () => rmSync(path, { force: true }))
}

function tryToTake(path) {
  try {
    writeFileSync(path, String(process.pid), { flag: 'wx' })
    return true
  } catch (error) {
    if (error.code !== 'EEXIST') throw error
    return false
  }
}

/** The process that has the lock; undefined when it is gone. */
function holderOf(path) {
  try {
    const text = readFileSync(path, 'utf8')
    if (text === '') return Date.now() - statSync(path).mtimeMs < graceMs ? 'unknown' : undefined
    process.kill(Number(text), 0)
    return text
  } catch (error) {
    // A process of somebody else may not be signalled, but is there.
    return error.code === 'EPERM' ? 'of another user' : undefined
  }
}
